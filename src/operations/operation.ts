import type { HotField } from './hot-fields.ts'
import type { Json } from '../kernel/canonical-json.ts'
import type { LockstepError, WarningCode } from '../kernel/errors.ts'
import type { Embedder } from '../embeddings/embedder.ts'
import type { SqlText } from '../sql/sql-text.ts'
import type { DocumentReader } from '../stores/documents.ts'
import type { Queryable, TableReader, TableWriter } from '../stores/tables.ts'
import type { Catalog } from '../tenants/catalog.ts'
import type { Fleet } from '../tenants/fleet.ts'
import type { TenantsConfig } from '../tenants/tenants-config.ts'
import type { DocumentHands } from './document-hands.ts'
import type { IndexSettings } from './index-settings.ts'
import type { IndexOperation } from './index-operation.ts'
import type { KeptValues, RestoredValues } from './kept-values.ts'
import type { Measurement } from './measurement.ts'
import type { ShapeChange } from './shape-change.ts'
import type { Told } from './told.ts'

/** The parallel-change pattern: all steps of a migration pass each phase together, in this order. */
export const phases = ['expand', 'backfill', 'verify', 'cutover', 'contract'] as const
export type Phase = (typeof phases)[number]
/** Phases in which shards are worked on; `verify` only reads, `revert` is the way back. */
export type WorkPhase = Exclude<Phase, 'verify'> | 'revert'

/** One operation on one store, as data. Functions in `spec` stay in the migration file and are loaded from it. */
export interface Step<Spec = unknown> {
  readonly kind: string
  readonly spec: Spec
}

/** Readers only: a write while planning or verifying does not compile, and Postgres would refuse it. */
export interface Look {
  readonly documents: DocumentReader
  readonly tables: TableReader
  /** The tenants and their tables, read once a call and checked against the catalog. */
  fleet(): Promise<Fleet>
  /** What the configuration says of tenants, for which no table is looked at; without it the fleet says so. */
  tenants?(): TenantsConfig
  /** The tables of a template that no look of this session of the run has seen; undefined where there was none. */
  bornTables?(template: string): Promise<Catalog | undefined>
  /** What the project's index file says of fields; without it, nothing does. */
  indexSettings?(): Promise<IndexSettings>
  /** Tables that the step has left out in this run, as printed: found unfit for it on the way. Without it, none. */
  leftOut?(): Promise<readonly string[]>
  /** The configured embedder of this name. Throws LS-1008 where there is none. */
  embedder?(name: string): Promise<Embedder>
}

/** Where a number comes from: a count of the store, a sample, the server's statistics, or a guess. */
export type Source = 'counted' | 'sampled' | 'statistics' | 'guess' | 'rehearsed'

export interface Figure {
  readonly value: number
  readonly source: Source
}

/** The work one worker takes, as plain JSON: frozen in the plan, kept in the ledger. */
export interface ShardPlan {
  readonly phase: WorkPhase
  /** Shards of a lower stage are done before one of a higher stage starts. 0 is first. */
  readonly stage: number
  /** Shards with equal scope are the same work: the key under which it is done once. */
  readonly scope: Json
  /** Documents, rows or tables expected. */
  readonly estimate: number
}

export interface Effect {
  readonly phase: Phase
  readonly what: string
  readonly count: Figure
  readonly unit: 'documents' | 'tables' | 'rows' | 'functions' | 'indexes' | 'statements'
  /** The strongest lock taken and how long it is held, in words. */
  readonly lock: string
  /** Lowest and highest expected duration in seconds. */
  readonly seconds: readonly [number, number]
  readonly secondsSource: Source
  /** Reads and writes billed by Firestore, in dollars at the dated list price; 0 where nothing is billed. */
  readonly cost: number
  /** Bytes added to the store until contract. */
  readonly disk: number
  readonly undo: string
  /** What `what` tells in words besides, as numbers by name. */
  readonly figures?: { readonly [name: string]: number }
  /** SQL as it will run, one example where a thousand tables get the same. */
  readonly statements: readonly string[]
}

export interface PlanWarning {
  readonly code: WarningCode
  readonly message: string
  readonly hint: string
}

/** A table that the step leaves as it is, and why. */
export interface LeftOut {
  readonly name: string
  readonly why: string
}

/** What a step will do: nothing here may depend on the time of day, so that planning twice gives the same. */
export interface StepPlan {
  readonly summary: string
  readonly effects: readonly Effect[]
  readonly shards: readonly ShardPlan[]
  readonly warnings: readonly PlanWarning[]
  /** Tables of the fleet that are not touched; kept in the ledger. */
  readonly leftOut?: readonly LeftOut[]
  /** Fields whose index would be heated, as far as was looked; the plan warns where the writes are that many. */
  readonly hot?: readonly HotField[]
  /** Facts the plan stands on; when one of them differs later, the plan is stale. */
  readonly basis: Json
  /** Facts of the moment of planning that later phases need (what existed before), kept in the ledger. */
  readonly memo: Json
}

export interface Checkpoint {
  /** Where to go on from: the work up to here is settled. */
  readonly cursor: Json
  readonly changed: number
  /** Already in the new shape, or none of this operation's business. */
  readonly skipped: number
  readonly conflicts: number
  /** True where the cursor was saved in the transaction of the change itself. */
  readonly saved?: boolean
  /** Pages of pre-images whose writes are settled by now: given by `rewrite`, to be passed on. */
  readonly kept?: readonly KeptPage[]
}

/** A page of pre-images in the ledger; `unapplied` are positions of images whose write never landed. */
export interface KeptPage {
  readonly seq: string
  readonly unapplied: readonly number[]
}

/** The shard being worked on. */
export interface Work<Spec> {
  readonly spec: Spec
  readonly memo: Json
  readonly phase: WorkPhase
  readonly scope: Json
  /** The cursor of the last checkpoint; undefined at the start. */
  readonly cursor: Json | undefined
  /** In the backfill: the document store's time before any client was told of it, or at which a later sweep began. */
  readonly since?: string | undefined
  readonly told?: Told
  readonly signal: AbortSignal
}

/** What was in a store before: enough to put it back, plain JSON. */
export interface PreImage {
  /** A document name, a qualified table or function. */
  readonly name: string
  /** The unit of documents that belong together in which it was changed; without one the name is the unit. */
  readonly unit?: string
  readonly before: Json
  /** What Lockstep leaves there; `down` compares with it to tell its own work from someone's later write. */
  readonly after: Json
}

export interface TableChange {
  /** Tables (or functions) this transaction changes, in lock order. */
  readonly names: readonly string[]
  /** Where the shard stands once this is committed; a function when only `work` finds out. Undefined: where it stood. */
  readonly cursor: Json | (() => Json | undefined) | undefined
  /** True where a statement may read a whole large table: it has no statement timeout then. */
  readonly long?: boolean | undefined
  /** True where `work` looks at the catalog and changes that, and no row: its statements are planned once. */
  readonly catalog?: boolean | undefined
  /** The journal tells how long its locks were held, also where it stores no pre-image. */
  readonly told?: boolean | undefined
  /**
   * Runs inside the transaction, under the lock timeout. Returns the pre-image of each thing it changed, which is
   * stored in the same transaction, as is the checkpoint. Must leave alone what is in the new shape already.
   */
  readonly work: (q: Queryable, names: readonly string[]) => Promise<readonly PreImage[]>
  /** Told of each table that could not be changed, instead of an error once the others are. */
  readonly onFailure?: (name: string, error: LockstepError) => void
}

/** The writing hand for tables. */
export interface TableHands {
  readonly tables: TableReader
  /** One transaction with its checkpoint; retried on lock timeouts, halved to find the table at fault. */
  change(change: TableChange): Promise<Checkpoint>
  /**
   * Statements that cannot run in a transaction (CREATE INDEX CONCURRENTLY), one after the other. When one fails for a
   * passing reason all of them run again, so together they must be safe to repeat.
   */
  alone(...statements: readonly string[]): Promise<void>
  /** Copies the column's values that are not `usual` into the ledger, inside the database and the transaction. */
  keepValues(q: Queryable, kept: KeptValues): Promise<void>
  /** Puts kept values back where they still belong; they leave the ledger. Part of the caller's transaction. */
  restoreValues(q: Queryable, restored: RestoredValues): Promise<void>
  /** Notes in the ledger that a table, as printed, could not be changed: it is left for the next `up`. */
  noteFailure(table: string, problem: string): Promise<void>
  /** Notes and tells that a table, as printed, is left out of the step from now on, and why. */
  leaveOut(table: string, problem: string): Promise<void>
  /** Tells those who watch, and the journal, of something that stays as others left it. */
  warn(message: string): void
  /** The configured embedder of this name, never to be called inside a transaction. Throws LS-1008 where there is none. */
  embedder(name: string): Promise<Embedder>
  /** Pre-images of this step, newest first, a page at a time: for operations with a `revert` of their own. */
  preImages(): AsyncIterable<PreImage>
}

/** A thing that is not as the migration promises. */
export interface Finding {
  readonly where: string
  readonly problem: string
}

export interface VerifyScope {
  /** Changes made to the store after this moment (RFC 3339, the store's clock) are the app's business. */
  readonly since: string | undefined
  /** Where the run stands: what a step takes away in `contract` is still promised to be there before. */
  readonly phase: Phase
  /** `counts` asks the stores to count, `full` reads everything. */
  readonly level: 'counts' | 'full'
  readonly memo: Json
  /** What the step did to these units of documents, as `DocumentHands.images` gives it. */
  readonly images: DocumentHands['images']
  /** Pre-images of this step, newest first; none once the run is completed. */
  preImages?(): AsyncIterable<PreImage>
  /** Takes what was measured; without it nobody wants to know. */
  measured?(found: Measurement): void
  readonly told?: Told
  readonly signal: AbortSignal
}

/** Yields problems as they are found and returns how much was looked at. */
export type Verification = AsyncGenerator<Finding, { readonly checked: number; readonly what: string }>

export interface OperationMeta {
  readonly summary: string
  /** The phases in which it has work of its own. */
  readonly phases: readonly WorkPhase[]
  readonly destructive: boolean
}

/**
 * The text of an SQL file of the project, line ends normalised, by its path from the project's folder; it is part of the
 * migration's checksum. Throws LS-2007.
 */
export type ReadText = (path: string) => string

export interface OperationBase<Spec> {
  readonly kind: string
  readonly meta: OperationMeta
  /** Throws a LockstepError naming the part of the spec at fault. `readText` is there wherever a migration is loaded. */
  parse(spec: unknown, readText?: ReadText): Spec
  /** Reads, never writes; throws what makes the step impossible (all problems at once, as `also`). */
  plan(spec: Spec, look: Look): Promise<StepPlan>
  /** What is still to do in this phase as of now: new tenants, documents of old clients. Empty when nothing is. */
  remaining(spec: Spec, phase: WorkPhase, look: Look, memo: Json): Promise<readonly ShardPlan[]>
  verify(spec: Spec, look: Look, scope: VerifyScope): Verification
  /** What the step means to clients of the documents, for generated readers and for the linter. None: nothing. */
  shape?(spec: Spec): readonly ShapeChange[]
  /** The SQL that users wrote for the step, for the linter; each part runs after those before it. None: nothing. */
  sql?(spec: Spec): readonly SqlText[]
}

export interface DocumentOperation<Spec> extends OperationBase<Spec> {
  readonly store: 'documents'
  /** Pages of a shard from its cursor on. Safe to repeat. Knows nothing of ledger, retry or pace. */
  apply(work: Work<Spec>, hands: DocumentHands): AsyncGenerator<Checkpoint>
  /** Only where the pre-images alone are not the way back: documents of new clients have none. */
  readonly back?: DocumentWayBack<Spec>
}

/** A way back that looks at every document; called again until a round changes nothing. */
export interface DocumentWayBack<Spec> {
  reverting(spec: Spec, look: Look, memo: Json): Promise<readonly ShardPlan[]>
  revert(work: Work<Spec>, hands: DocumentHands): AsyncGenerator<Checkpoint>
}

export interface TableOperation<Spec> extends OperationBase<Spec> {
  readonly store: 'tables'
  apply(work: Work<Spec>, hands: TableHands): AsyncGenerator<Checkpoint>
  /** How many of its tables are not in the new shape, from the fleet alone: at most one catalog statement. */
  behind(spec: Spec, look: Look, memo: Json): Promise<number>
  /** Shards of the way back, from what the ledger knows and from the store as it is now. */
  reverting(spec: Spec, look: Look, memo: Json): Promise<readonly ShardPlan[]>
  /** Puts back what `apply` changed and keeps what others wrote since (in the pre-images it returns). */
  revert(work: Work<Spec>, hands: TableHands): AsyncGenerator<Checkpoint>
  /** Takes away what was only kept for the way back, once the run is completed. Safe to repeat. None: nothing. */
  forget?(spec: Spec, tables: TableWriter): Promise<void>
}

export type Operation<Spec> = DocumentOperation<Spec> | TableOperation<Spec> | IndexOperation<Spec>

/** Types and freezes an operation on documents. */
export function defineDocumentOperation<Spec>(given: Omit<DocumentOperation<Spec>, 'store'>): DocumentOperation<Spec> {
  return Object.freeze({ ...given, store: 'documents' as const })
}

/** Types and freezes an operation on tables. */
export function defineTableOperation<Spec>(given: Omit<TableOperation<Spec>, 'store'>): TableOperation<Spec> {
  return Object.freeze({ ...given, store: 'tables' as const })
}
