import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Checkpoint } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import type { TableWork } from '../../work-passes.ts'
import { hasView, lockView, turnView } from './both-view.ts'
import { captureStatements } from './capture-sql.ts'
import { drain, embedAll, oneSnapshot } from './drain.ts'
import type { DrainedBy } from './drain.ts'
import { mirrorChanges, mirroringThere } from './mirror.ts'
import type { Mirroring } from './mirror.ts'
import { swapScript, validateScript } from './swap-sql.ts'
import {
  knownAs,
  nextSchema,
  pastSchema,
  twinIn,
  typeAfter,
  vectorColumn,
  vectorPath,
  vectorType,
} from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { notedChanges, stageSql } from './vector-store.ts'
import type { NotedChange } from './vector-store.ts'

/** Clients queue behind a lock that is waited for: not longer than this. */
const lockMilliseconds = 200

/** Tries in which every row has to have its vector; after those, so many rows may be without one for some seconds. */
const patientTries = 12
const mostWithout = 100
const mostTries = 40

/** One table: its twin takes its place, in one transaction with the pointer that tells clients. */
export async function* switchTable(change: VectorChange, working: TableWork): AsyncGenerator<Checkpoint> {
  const { table, hands, at } = working
  const noted = await readNoted(working, change)
  if (noted?.stage !== 'switched') {
    const { embedder } = change.spec.options
    const model = embedder === undefined ? null : (await hands.embedder(embedder)).model.key
    const by = { name: embedder, place: twinIn(nextSchema, table) }
    const mirroring = mirroringThere(change, table)
    yield* swapWhenReady(working, mirroring, by, (q) => swapThere(q, change, table, model))
  }
  await settle(change, working)
  yield await hands.change({
    names: [table.name],
    cursor: at(),
    work: async (q) => {
      await q.script(stageSql(table, 'settled'))
      return []
    },
  })
}

export async function readNoted({ hands, table }: TableWork, change: VectorChange): Promise<NotedChange | undefined> {
  const { changes } = await hands.tables.read((q) => notedChanges(q, [table], change.column))
  return changes.get(printTable(table))
}

/**
 * Drains, and swaps under a lock that keeps writers out for milliseconds. Where rows would be left without a vector, the
 * lock is given up, those are embedded and it is tried again; a writer that never pauses does not hold it up for ever: `swap` is told
 * how many rows are without.
 */
export async function* swapWhenReady(
  working: TableWork,
  mirroring: Mirroring,
  by: DrainedBy,
  swap: (q: Queryable, without: number) => Promise<void>,
): AsyncGenerator<Checkpoint> {
  const { table, hands } = working
  for (let tries = 1; tries <= mostTries; tries++) {
    await drain(working, mirroring, by)
    const most = by.name === undefined ? Infinity : tries <= patientTries ? 0 : mostWithout
    let swapped = false
    const settled = await hands.change({
      names: [table.name],
      cursor: undefined,
      told: true,
      work: async (q) => {
        await oneSnapshot(q)
        await q.script(
          [
            `set local lock_timeout = ${lockMilliseconds}`,
            ...(hasView(mirroring.change) ? [lockView(table)] : []),
            `lock table ${quoteTable(table)} in share row exclusive mode`,
          ].join('; '),
        )
        // Each statement is a round trip for which writers wait: most tables have nothing new by now.
        const found = await countLeft(q, table)
        if (found.pending) await mirrorChanges(q, mirroring, undefined)
        const without = found.pending ? (await countLeft(q, table)).without : found.without
        swapped = without <= most
        if (swapped) await swap(q, without)
        return []
      },
    })
    yield { ...settled, changed: swapped ? 1 : 0 }
    if (swapped) return
  }
  throw new LockstepError('LS-4008', `${printTable(table)} is written faster than its new rows can be embedded`, {
    where: { name: printTable(table) },
    hint: 'run up again when the app writes less to it; nothing is lost',
  })
}

interface Left {
  /** Whether changes are noted that are not carried over yet. */
  readonly pending: boolean
  /** Rows whose vectors are still to be made. */
  readonly without: number
}

async function countLeft(q: Queryable, table: TableState): Promise<Left> {
  const [row] = await q.query<Left & Record<string, unknown>>(
    `select exists (select from lockstep_vectors.outbox where table_name = ${knownAs(table)}) as pending,
            (select count(*)::int from lockstep_vectors.missing where table_name = ${knownAs(table)} and tries < 3) as without`,
  )
  return row ?? { pending: true, without: 0 }
}

async function swapThere(q: Queryable, change: VectorChange, table: TableState, model: string | null): Promise<void> {
  const now = vectorType(vectorColumn(change, table)?.type)
  const dimensions = now === undefined ? 0 : typeAfter(change, now).dimensions
  const [name, column] = [knownAs(table), quoteLiteral(change.column)]
  await q.script(
    [
      vectorPath,
      `update lockstep_vectors.changes set facts = facts || jsonb_build_object(
         'keys', (select coalesce(jsonb_agg(k.conname), '[]') from pg_catalog.pg_constraint k where k.conrelid = ${quoteLiteral(quoteTable(table))}::regclass and k.contype = 'f' and k.convalidated),
         'pointer', (select jsonb_build_object('change', p.change, 'model', p.model, 'dimensions', p.dimensions)
                     from lockstep_vectors.pointers p where p.table_name = ${name} and p.column_name = ${column}))
       where table_name = ${name}`,
      swapScript(table, 'there'),
      `alter table ${twinIn(pastSchema, table)} alter column ${quoteIdentifier(change.column)} drop not null`,
      ...captureStatements(change, table, quoteTable(table)),
      ...(hasView(change) ? turnView(change, table, { now: dimensions, other: now?.dimensions ?? 0 }) : []),
      `insert into lockstep_vectors.pointers (table_name, column_name, change, model, dimensions)
       values (${name}, ${column}, '${change.tag}', ${model === null ? 'null' : quoteLiteral(model)}, ${dimensions})
       on conflict (table_name, column_name) do update set change = excluded.change, model = coalesce(excluded.model, pointers.model),
         dimensions = excluded.dimensions, at = pg_catalog.clock_timestamp()`,
      stageSql(table, 'switched'),
    ].join(';\n'),
  )
}

/** What need not be done under the lock: foreign keys are checked, rows that were left without a vector get theirs. */
async function settle(change: VectorChange, working: TableWork): Promise<void> {
  const { table, hands } = working
  const noted = await readNoted(working, change)
  const keys = noted?.facts.keys ?? []
  if (keys.length > 0) {
    await hands.change({
      names: [table.name],
      cursor: undefined,
      long: true,
      work: async (q) => {
        await q.script(validateScript(table, keys))
        return []
      },
    })
  }
  await embedAll(working, mirroringThere(change, table), change.spec.options.embedder)
}
