import { retry } from '../kernel/backoff.ts'
import type { Json } from '../kernel/canonical-json.ts'
import type { Clock } from '../kernel/clock.ts'
import { LockstepError, isLockstepError } from '../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteLiteral, quoteTable } from '../kernel/identifiers.ts'
import type { Embedder } from '../embeddings/embedder.ts'
import type { RunEvent } from '../ledger/events.ts'
import { preImagesOf } from '../archive/pre-image-store.ts'
import { saveChangedTables } from '../archive/table-checkpoint.ts'
import { saveCheckpoint } from '../ledger/shards.ts'
import { noteTables } from '../ledger/tables.ts'
import type { ClaimedShard } from '../ledger/shards.ts'
import type { KeptValues, RestoredValues } from '../operations/kept-values.ts'
import type { Checkpoint, TableChange, TableHands } from '../operations/operation.ts'
import type { Queryable, TableWriter } from '../stores/tables.ts'
import { isLockConflict, isPassing } from './passing-errors.ts'
import { saidBy } from '../stores/tables.ts'

export interface TableHandsOptions {
  readonly tables: TableWriter
  readonly shard: ClaimedShard
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly emit: (event: RunEvent) => void
  readonly embedder: (name: string) => Promise<Embedder>
}

/** A lock is asked for that often before its group is halved, or a single table given up. */
const groupRepeats = { first: 100, longest: 2_000, repeats: 4 }
const singleRepeats = { first: 250, longest: 15_000, repeats: 20 }

/**
 * A concurrent build waits, blocking no reader or writer, for every older transaction; given up, it starts from nothing,
 * so it gets far longer than what others have to queue behind.
 */
const concurrentPatience = 60_000

/** Seconds of held locks that the journal is told of even where nothing new was changed. */
const worthTelling = 0.05

/** Change, pre-image, checkpoint and fence in one transaction: it happened once or not at all. */
export function createTableHands(options: TableHandsOptions): TableHands {
  const { tables, shard } = options
  return {
    tables,
    change: (change) => changeGroup(options, change),
    async alone(...statements) {
      await retry(
        { ...singleRepeats, ...options, worthwhile: (error) => isLockConflict(error) || isPassing(error) },
        async () => {
          await tables.transaction((q) => saveCheckpoint(q, shard, undefined))
          for (const sql of statements) await tables.autocommit(sql, { lockTimeout: concurrentPatience })
        },
      ).catch((error: unknown) => {
        throw isPassing(error) || isLockstepError(error) ? error : failureOf(error, statements.at(-1) ?? '')
      })
    },
    keepValues: (q, kept) => keepValues(q, options, kept),
    restoreValues: (q, restored) => restoreValues(q, options, restored),
    noteFailure: (name, problem) => tables.transaction((q) => noteTables(q, shard, 'failed', [{ name, problem }])),
    async leaveOut(name, problem) {
      await tables.transaction((q) => noteTables(q, shard, 'left out', [{ name, problem }]))
      options.emit({ type: 'warning', message: `left out: ${problem}` })
    },
    embedder: (name) => options.embedder(name),
    warn: (message) => options.emit({ type: 'warning', message }),
    preImages: () => preImagesOf(tables, shard),
  }
}

async function changeGroup(options: TableHandsOptions, change: TableChange): Promise<Checkpoint> {
  const failures: Failure[] = []
  const tally = { changed: 0, skipped: 0, conflicts: 0, repeats: 0, seconds: 0 }
  await changePart(options, change, { names: change.names, whole: true, failures, tally })
  const { changed, skipped, conflicts, repeats, seconds } = tally
  if (changed > 0 || repeats > 0 || seconds > worthTelling || change.told === true)
    options.emit({
      type: 'tables-changed',
      step: options.shard.step,
      phase: options.shard.phase,
      tables: change.told === true ? change.names.length : changed,
      first: change.names[0] ?? '',
      seconds,
      repeats,
    })
  if (change.onFailure !== undefined) for (const { name, error } of failures.splice(0)) change.onFailure(name, error)
  const [first, ...also] = failures.map(({ error }) => error)
  if (first === undefined) return { cursor: cursorOf(change) ?? null, changed, skipped, conflicts, saved: true }
  throw new LockstepError(
    first.code,
    `${also.length + 1} ${also.length === 0 ? 'table' : 'tables'} could not be changed: ${first.message}`,
    {
      also,
      cause: first.cause,
      where: first.where ?? {},
      hint: first.hint ?? 'mend them and run up again; the other tables of the group are done and stay so',
    },
  )
}

interface Failure {
  readonly name: string
  readonly error: LockstepError
}

interface Part {
  readonly names: readonly string[]
  /** Only the whole group may move the cursor: a part may leave a table behind. */
  readonly whole: boolean
  readonly failures: Failure[]
  readonly tally: { changed: number; skipped: number; conflicts: number; repeats: number; seconds: number }
}

/** One transaction; when it fails for good the part is halved until the tables at fault stand alone. */
async function changePart(options: TableHandsOptions, change: TableChange, part: Part): Promise<void> {
  try {
    const repeats = part.names.length > 1 ? groupRepeats : singleRepeats
    const worthwhile = (error: unknown): boolean => isPassing(error) || isLockConflict(error)
    await retry({ ...repeats, ...options, worthwhile, onRepeat: () => part.tally.repeats++ }, () =>
      attempt(options, change, part),
    )
  } catch (error) {
    options.signal.throwIfAborted()
    if (isLockstepError(error) && error.code === 'LS-4003') throw error
    if (part.names.length <= 1) {
      const name = part.names[0] ?? ''
      part.failures.push({ name, error: failureOf(error, name) })
      return
    }
    const middle = Math.ceil(part.names.length / 2)
    await changePart(options, change, { ...part, names: part.names.slice(0, middle), whole: false })
    await changePart(options, change, { ...part, names: part.names.slice(middle), whole: false })
  }
}

async function attempt({ tables, shard, signal }: TableHandsOptions, change: TableChange, part: Part): Promise<void> {
  signal.throwIfAborted()
  let started = 0
  const images = await tables.transaction(
    async (q) => {
      started = performance.now()
      const changed = await change.work(q, part.names)
      const cursor = part.whole ? cursorOf(change) : undefined
      if (changed.length > 0) await saveChangedTables(q, shard, { images: changed, cursor })
      else await saveCheckpoint(q, shard, { cursor, changed: 0, skipped: 0, conflicts: 0 })
      return changed
    },
    { ...(change.long === true && { statementTimeout: 0 }), plansOnce: change.catalog === true },
  )
  part.tally.changed += images.length
  part.tally.seconds = Math.max(part.tally.seconds, (performance.now() - started) / 1000)
}

function cursorOf(change: TableChange): Json | undefined {
  return typeof change.cursor === 'function' ? change.cursor() : change.cursor
}

function failureOf(error: unknown, name: string): LockstepError {
  if (isLockstepError(error)) return error
  const message = saidBy(error)
  if (isLockConflict(error)) {
    return new LockstepError('LS-4008', `no lock on ${name} within ${singleRepeats.repeats} tries: ${message}`, {
      where: { name },
      hint: 'see pg_stat_activity for the transaction that holds it, end it, and run up again',
      cause: error,
    })
  }
  return new LockstepError('LS-3005', `${name}: ${message}`, { where: { name }, cause: error })
}

async function keepValues(q: Queryable, { shard, emit }: TableHandsOptions, kept: KeptValues): Promise<void> {
  const column = `t.${quoteIdentifier(kept.column)}`
  const key = rowKey(kept.key)
  const [row] = await q.query<{ count: number }>(
    `with kept as (
       insert into lockstep.kept_values (run, step, table_name, column_name, row_key, value)
       select $1, $2, $3, $4, ${key}, to_jsonb(${column}) from ${quoteTable(kept.table)} t
       where ${column} is not null and ${column} is distinct from (${kept.usual ?? 'null'}) returning 1)
     select count(*)::int as count from kept`,
    [shard.run, shard.step, printTable(kept.table), kept.knownAs],
  )
  const count = row?.count ?? 0
  if (count === 0) return
  const why = kept.why ?? `others wrote to column ${kept.knownAs}; the values are in lockstep.kept_values`
  emit({ type: 'kept', step: shard.step, where: printTable(kept.table), count, unit: 'values', why })
}

/** What tells a row of `t` in the ledger. */
function rowKey(columns: readonly string[]): string {
  if (columns.length === 0) return 'to_jsonb(t)'
  return `jsonb_build_object(${columns.map((name) => `${quoteLiteral(name)}, t.${quoteIdentifier(name)}`).join(', ')})`
}

async function restoreValues(q: Queryable, { shard }: TableHandsOptions, restored: RestoredValues): Promise<void> {
  const { table, key, column, knownAs = column, where } = restored
  await q.query(
    `with known as (
       select t.ctid as place, k.seq, jsonb_populate_record(t, jsonb_build_object($5::text, k.value)) as row
       from ${quoteTable(table)} t join lockstep.kept_values k on k.row_key = ${rowKey(key)}
       where k.run = $1 and k.step = $2 and k.table_name = $3 and k.column_name = $4
     ), back as (
       update ${quoteTable(table)} t set ${quoteIdentifier(column)} = (known.row).${quoteIdentifier(column)}
       from known
       where t.ctid = known.place and (select ${where} from (select (known.row).*) lockstep_row) returning known.seq
     )
     delete from lockstep.kept_values where seq in (select seq from back)`,
    [shard.run, shard.step, printTable(table), knownAs, column],
  )
}
