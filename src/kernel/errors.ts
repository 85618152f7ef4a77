/**
 * The catalogue of every problem Lockstep can name. One line a code: what it is called and the process exit code
 * it ends with. `docs/reference/errors.md` is generated from this table.
 *
 * 1xxx usage and configuration · 2xxx migration files and plans · 3xxx stores · 4xxx runs · 5xxx verification ·
 * 6xxx confirmation · 9xxx defects of Lockstep itself
 */
export const errorCatalogue = {
  'LS-1001': { title: 'unknown command or option', exit: 64 },
  'LS-1002': { title: 'no configuration found', exit: 64 },
  'LS-1003': { title: 'configuration is not valid', exit: 64 },
  'LS-1004': { title: 'unknown environment', exit: 64 },
  'LS-1005': { title: 'environment and target disagree', exit: 64 },
  'LS-1006': { title: 'a required package is not installed', exit: 64 },
  'LS-1007': { title: 'a value for an option is not valid', exit: 64 },
  'LS-1008': { title: 'embedder cannot be used', exit: 64 },
  'LS-1009': { title: 'local stores cannot be filled', exit: 1 },
  'LS-2001': { title: 'migration file cannot be loaded', exit: 1 },
  'LS-2002': { title: 'migration file is not valid', exit: 1 },
  'LS-2003': { title: 'migration file was edited after it was applied', exit: 4 },
  'LS-2004': { title: 'migration file is missing', exit: 4 },
  'LS-2005': { title: 'migration is older than one already applied', exit: 4 },
  'LS-2006': { title: 'no such migration', exit: 64 },
  'LS-2007': { title: 'file of a migration cannot be read', exit: 1 },
  'LS-2101': { title: 'pattern is not valid', exit: 1 },
  'LS-2102': { title: 'pattern matches no collection', exit: 1 },
  'LS-2103': { title: 'field cannot be written', exit: 1 },
  'LS-2104': { title: 'column exists with another definition', exit: 1 },
  'LS-2105': { title: 'identifier is longer than 63 bytes', exit: 1 },
  'LS-2106': { title: 'column cannot be required without a default', exit: 1 },
  'LS-2107': { title: 'table does not exist', exit: 1 },
  'LS-2108': { title: 'default or type is not valid', exit: 1 },
  'LS-2109': { title: 'conversion is not valid', exit: 1 },
  'LS-2110': { title: 'documents stand in the way', exit: 1 },
  'LS-2111': { title: 'place cannot be used', exit: 1 },
  'LS-2121': { title: 'rows stand in the way', exit: 1 },
  'LS-2122': { title: 'column does not exist', exit: 1 },
  'LS-2123': { title: 'something depends on the column', exit: 1 },
  'LS-2124': { title: 'name is taken', exit: 1 },
  'LS-2125': { title: 'index or constraint cannot be made', exit: 1 },
  'LS-2126': { title: 'table exists with another definition', exit: 1 },
  'LS-2127': { title: 'table cannot be made', exit: 1 },
  'LS-2128': { title: 'table cannot be taken away', exit: 1 },
  'LS-2129': { title: 'table cannot have a view for clients of both models', exit: 1 },
  'LS-2201': { title: 'tenant without its table', exit: 4 },
  'LS-2202': { title: 'table without its tenant', exit: 4 },
  'LS-2203': { title: 'no tenants configured', exit: 64 },
  'LS-2204': { title: 'provisioning function cannot be extended', exit: 1 },
  'LS-2301': { title: 'saved plan is stale', exit: 4 },
  'LS-2302': { title: 'saved plan cannot be read', exit: 64 },
  'LS-2401': { title: 'index file is not valid', exit: 1 },
  'LS-2402': { title: 'index cannot be used', exit: 1 },
  'LS-2501': { title: 'lint found an error', exit: 3 },
  'LS-2601': { title: 'function cannot be replaced', exit: 1 },
  'LS-2602': { title: 'function file is not valid', exit: 1 },
  'LS-2603': { title: 'function is not safe', exit: 1 },
  'LS-2604': { title: 'what depends on the function cannot be kept', exit: 1 },
  'LS-2605': { title: 'function does not work', exit: 1 },
  'LS-2606': { title: 'function was replaced by someone else', exit: 4 },
  'LS-3001': { title: 'Firestore cannot be reached', exit: 1 },
  'LS-3002': { title: 'Postgres cannot be reached', exit: 1 },
  'LS-3003': { title: 'Postgres is behind a transaction pooler', exit: 64 },
  'LS-3004': { title: 'Firestore refused a request', exit: 1 },
  'LS-3005': { title: 'Postgres refused a statement', exit: 1 },
  'LS-3006': { title: 'data folder is in use', exit: 7 },
  'LS-3007': { title: 'a limit of the store was reached', exit: 1 },
  'LS-3008': { title: 'local store cannot start', exit: 1 },
  'LS-3009': { title: 'no local stores are running', exit: 1 },
  'LS-3010': { title: 'embedding provider refused the key', exit: 1 },
  'LS-3011': { title: 'quota of the embedding provider is used up', exit: 8 },
  'LS-3012': { title: 'embedding provider cannot be reached', exit: 8 },
  'LS-3013': { title: 'answer of the embedding provider is wrong', exit: 1 },
  'LS-3014': { title: 'embedding provider refused the request', exit: 1 },
  'LS-3015': { title: 'export of Firestore cannot be taken in', exit: 1 },
  'LS-4001': { title: 'another run holds the migration', exit: 7 },
  'LS-4002': { title: 'paused', exit: 8 },
  'LS-4003': { title: 'lease lost to another runner', exit: 1 },
  'LS-4004': { title: 'shard failed', exit: 1 },
  'LS-4005': { title: 'ledger was written by a newer Lockstep', exit: 1 },
  'LS-4006': { title: 'migration is not in a state for this command', exit: 1 },
  'LS-4007': { title: 'interrupted after a clean pause', exit: 130 },
  'LS-4008': { title: 'lock could not be taken in time', exit: 1 },
  'LS-4009': { title: 'spending limit reached', exit: 8 },
  'LS-5001': { title: 'verification failed', exit: 5 },
  'LS-6001': { title: 'confirmation needed', exit: 6 },
  'LS-6002': { title: 'confirmation does not match', exit: 6 },
  'LS-9001': { title: 'unexpected error', exit: 1 },
} as const satisfies Record<string, { readonly title: string; readonly exit: number }>

export type ErrorCode = keyof typeof errorCatalogue

/**
 * Every warning of a plan, each with one meaning: 10x indexes, 11x places and shapes of documents, 12x what goes for
 * good, 13x pace, 2xx tenants, 3xx functions. What lint finds goes by the name of its rule.
 */
export const warningCatalogue = {
  W102: 'no admin API to create an index with',
  W103: 'an index has to be deployed',
  W104: 'a field loses indexes',
  W105: 'no collection of the name has documents',
  W110: 'new places say the same as the old ones already',
  W111: 'documents hold the new shape already',
  W112: 'nothing in a document tells its shape',
  W113: 'there is no way back but the pre-images',
  W114: 'new places hold something while the old ones hold nothing',
  W115: 'documents below stay where they are',
  W116: 'references go on naming the old place',
  W117: 'settings of the old collection do not apply to the new one',
  W118: 'documents get another time by which they expire',
  W120: 'values are removed for good',
  W130: 'values side by side in very many documents heat an index',
  W201: 'no provisioning function is configured',
  W202: 'tenants without a table, or tables without a tenant, are left as they are',
  W203: 'tables are not as most of their kind are',
  W204: 'tables that the step does not fit are left out',
  W210: 'an ivfflat index learns from too few rows',
  W211: 'rows in the way could not be counted in time',
  W212: 'clients that write no value get errors',
  W213: 'clients that violate a constraint get errors',
  W214: 'the columns of a foreign key have no index',
  W215: 'indexes, constraints or statistics go with a column',
  W216: 'functions name the column in their source',
  W217: 'clients that use a dropped column get errors',
  W218: 'rights that new tables get by default are taken back',
  W219: 'rights and row security of a new table do not go together',
  W220: 'a foreign key locks the table that it refers to',
  W221: 'a publication takes in every new table',
  W222: 'a column keeps its wider type on the way back',
  W223: 'prepared statements have to be prepared again',
  W224: 'rows written during the soak come back without a vector',
  W225: 'a column loses what was required of it',
  W226: 'an index is built with too little memory',
  W227: 'clients meet a column of another type',
  W228: 'clients of both models write through a view',
  W301: 'a function runs as its owner and may be called by anybody',
  W302: 'callers must fit the new signature',
  W303: 'a call fits the old signature and the new one',
  W304: 'other functions name the function in their source',
  W305: 'SQL has no way back',
} as const satisfies Record<string, string>

export type WarningCode = keyof typeof warningCatalogue

/** Where a problem is: a file with its line and column (1-based), or a name in a store. */
export interface Where {
  readonly file?: string
  readonly line?: number
  readonly column?: number
  /** The source line at `line`, so that a report can print a caret without reading the file again. */
  readonly source?: string
  /** A document, collection, table, function or option. */
  readonly name?: string
}

export interface ErrorDetails {
  /** What to do about it, as a sentence or a command to run. */
  readonly hint?: string
  readonly where?: Where
  readonly why?: string
  readonly cause?: unknown
  /** More problems found in the same look, so that one run names them all. */
  readonly also?: readonly LockstepError[]
}

/** The one error class. `message` says what happened to whom; never contains secrets or row contents. */
export class LockstepError extends Error {
  override readonly name = 'LockstepError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly where: Where | undefined
  readonly why: string | undefined
  readonly also: readonly LockstepError[]

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.where = details.where
    this.why = details.why
    this.also = details.also ?? []
  }

  /** The exit code of the process that ends with this error. */
  get exit(): number {
    return errorCatalogue[this.code].exit
  }
}

/** Throws the first problem with all the others, and what was found beside each, as `also`; nothing where there is none. */
export function throwAll([first, ...also]: readonly LockstepError[]): void {
  if (first === undefined) return
  const { code, message, hint, why, where, cause } = first
  throw new LockstepError(code, message, {
    cause,
    also: [...first.also, ...also.flatMap((error) => [error, ...error.also])],
    ...(hint === undefined ? {} : { hint }),
    ...(why === undefined ? {} : { why }),
    ...(where === undefined ? {} : { where }),
  })
}

/** Any thrown value as a LockstepError; what is not one yet becomes LS-9001 with its message and cause. */
export function toLockstepError(error: unknown): LockstepError {
  if (isLockstepError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new LockstepError('LS-9001', message, { cause: error })
}

/** By shape, because a user's migration file may load a second copy of this package. */
export function isLockstepError(error: unknown): error is LockstepError {
  return error instanceof Error && error.name === 'LockstepError' && 'code' in error
}

/** Whether it only says that the run has paused: nothing of the run's own is to be mended, and `up` goes on. */
export function isPause({ code }: LockstepError): boolean {
  // Of another version it may be one that this one does not know.
  const exit = Object.hasOwn(errorCatalogue, code) ? errorCatalogue[code].exit : 1
  return exit === 8 || exit === 130
}
