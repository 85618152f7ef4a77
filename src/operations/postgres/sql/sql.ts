import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import type { TableTarget } from '../../../tenants/tenants-config.ts'
import { defineTableOperation } from '../../operation.ts'
import type { ReadText, Step } from '../../operation.ts'
import type { SqlText } from '../../../sql/sql-text.ts'
import { filled } from './sql-units.ts'
import { applySql } from './apply-sql.ts'
import { planSql, remainingSql, revertingSql, verifySql } from './plan-sql.ts'

/** SQL text, several statements one after the other, or a file by its path from the project's folder. */
export type SqlSource = string | readonly string[] | { readonly file: string }

export interface SqlOptions {
  /** Every tenant's table of a template, as `tenants('user_table')`, which the SQL calls {table}, and the key {key}. */
  readonly on?: { readonly tenants: string } | undefined
  readonly up: SqlSource
  /** An empty list where nothing has to be taken back. */
  readonly down: SqlSource
  /**
   * A query that gives a row for each thing that is not yet as `up` makes it, and none once it is: by it Lockstep knows
   * whether there is something to do, and whether it was done.
   */
  readonly verify: SqlSource
  /** False for what Postgres refuses in a transaction; then `up` and `down` are lists of statements that can be repeated. */
  readonly transaction?: boolean | undefined
  /** When `up` runs. Default: expand. */
  readonly phase?: 'expand' | 'cutover' | 'contract' | undefined
}

export interface SqlSpec {
  /** Without one, the SQL is of the whole database. */
  readonly target?: TableTarget | undefined
  readonly up: readonly string[]
  readonly down: readonly string[]
  readonly verify: string
  readonly transaction: boolean
  readonly phase: 'expand' | 'cutover' | 'contract'
}

/** SQL of your own, on the database or on every tenant's table: `sql({ up, down, verify })`. */
export function sqlStep(options: SqlOptions): Step<SqlOptions> {
  return Object.freeze({ kind: 'sql', spec: Object.freeze(options) })
}

const source = z.union([
  z.string().trim().min(1),
  z.array(z.string().trim().min(1)),
  z.strictObject({ file: z.string().min(1) }),
])

const specForm = z.strictObject({
  on: z.strictObject({ tenants: z.string().min(1) }).optional(),
  up: source,
  down: source,
  verify: source,
  transaction: z.boolean().optional(),
  phase: z.enum(['expand', 'cutover', 'contract']).optional(),
})

function parseSpec(spec: unknown, readText?: ReadText): SqlSpec {
  const parsed = specForm.safeParse(spec)
  if (!parsed.success) {
    throw new LockstepError('LS-2002', `sql: ${z.prettifyError(parsed.error)}`, {
      hint: "write postgres.sql({ up: '…', down: '…', verify: 'select … where it is not so' })",
    })
  }
  const { on: target, up, down, verify, transaction = true, phase = 'expand' } = parsed.data
  const read = (given: SqlSource): readonly string[] => {
    if (typeof given === 'string') return [given]
    return 'file' in given ? [textOf(given.file, readText)] : given
  }
  const [query, ...more] = read(verify)
  if (query === undefined || more.length > 0) throw refuse('verify is not one query', 'write it as one text')
  if (!transaction && ![up, down].every(Array.isArray))
    throw refuse('outside of a transaction statements run one by one', 'write up and down as lists, a statement each')
  if (target !== undefined && !query.includes('{table}'))
    throw refuse('verify does not name {table}', 'write {table} where the tenant’s table is meant')
  return { target, up: read(up), down: read(down), verify: query, transaction, phase }
}

function textOf(file: string, readText: ReadText | undefined): string {
  if (readText === undefined) throw new LockstepError('LS-9001', 'sql was loaded without its file')
  return readText(file)
}

function refuse(why: string, hint: string): LockstepError {
  return new LockstepError('LS-2002', `sql: ${why}`, { where: { name: 'sql' }, hint })
}

/** For the linter, with a table in the place of each tenant's. */
function textsOf({ up, down, transaction }: SqlSpec): readonly SqlText[] {
  const example = { schema: 'public', name: 'tenant_table', key: 'tenant' }
  const named = (name: string, texts: readonly string[]): readonly SqlText[] =>
    texts.map((text) => ({ name, text: filled(text, example), inTransaction: transaction }))
  return [...named('up', up), ...named('down', down)]
}

export const sql = defineTableOperation<SqlSpec>({
  kind: 'sql',
  meta: {
    summary: 'SQL of your own on the database or on every tenant’s table, with its way back and its check',
    phases: ['expand', 'cutover', 'contract'],
    destructive: true,
  },
  parse: parseSpec,
  plan: planSql,
  remaining: remainingSql,
  apply: applySql,
  // Later migrations may change the same things again, so it never falls behind.
  behind: () => Promise.resolve(0),
  verify: verifySql,
  reverting: revertingSql,
  revert: applySql,
  sql: textsOf,
})
