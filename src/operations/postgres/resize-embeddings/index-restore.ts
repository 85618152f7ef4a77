import { z } from 'zod'
import { derivedName, printTable, quoteIdentifier, quoteLiteral } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Checkpoint, TableHands } from '../../operation.ts'
import { smallTable } from '../../table-state.ts'
import type { TableState } from '../../table-state.ts'
import type { ShardOfTables, TableWork, WorkPass } from '../../work-passes.ts'
import { indexesInTheWay, indexPart, newIndexName } from './index-change.ts'
import type { VectorChange } from './vector-change.ts'

const droppedForm = z.object({
  /** Null where Postgres is to find one. */
  name: z.string().nullable(),
  definition: z.string(),
  comment: z.string().nullable(),
})

/** An index that contract takes away, as it is kept for the way back. */
type Dropped = z.infer<typeof droppedForm>

/** What is kept of a table's old indexes, beside their definitions what people said of them. */
export async function toBeDropped(q: Queryable, change: VectorChange, table: TableState): Promise<readonly Dropped[]> {
  const old = indexesInTheWay(change, table)
  const comments = await q.query<{ name: string; comment: string }>(
    `select c.relname as name, d.description as comment from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_class'::regclass and d.objoid = c.oid and d.objsubid = 0
     where n.nspname = $1 and c.relname = any($2::text[])`,
    [table.schema, old.map(({ name }) => name)],
  )
  const said = new Map(comments.map(({ name, comment }) => [name, comment]))
  return old.map(({ name, definition }) => ({ name, definition, comment: said.get(name) ?? null }))
}

/** An index under this name is not the table's own yet: those that went together come back together. */
function spareName(change: VectorChange, { name }: TableState, at: number): string {
  return derivedName(name, indexPart(change), `old${at}`)
}

/** Whether the table has its old index, or another in its place. */
function hasOld(change: VectorChange, table: TableState): boolean {
  const old = indexesInTheWay(change, table).filter(({ valid }) => valid)
  return old.some(({ name }) => old.every((_, at) => name !== spareName(change, table, at)))
}

/** Where contract has begun, the old indexes are built anew before the new one goes: searches are never without. */
export function restorePass(change: VectorChange): WorkPass {
  return {
    name: 'restore old indexes',
    how: 'work',
    effects: () => [],
    phase: 'revert',
    what: `build the old index of ${change.column} anew`,
    lock: 'none that blocks anyone, but for small tables: SHARE for milliseconds',
    undo: '',
    lacking: `the old index of ${change.column} is not back`,
    left: async (tables) => tables.filter((table) => !hasOld(change, table)),
    open(shard) {
      let kept: Promise<ReadonlyMap<string, readonly Dropped[]>> | undefined
      return {
        change: async function* (working) {
          kept ??= keptIndexes(shard)
          const indexes = (await kept).get(printTable(working.table)) ?? bornWith(change, working)
          if (indexes.length > 0) yield* restore(change, working, indexes)
        },
        close: () => Promise.resolve(),
      }
    },
  }
}

const imageForm = z.object({ also: z.object({ dropped: z.array(droppedForm) }) })

/** What contract dropped of these tables, as it was last. */
async function keptIndexes({ hands, tables }: ShardOfTables): Promise<ReadonlyMap<string, readonly Dropped[]>> {
  const names = new Set(tables.map(printTable))
  const found = new Map<string, readonly Dropped[]>()
  for await (const { name, before } of hands.preImages()) {
    const image = names.has(name) && !found.has(name) ? imageForm.safeParse(before) : undefined
    if (image?.success === true) found.set(name, image.data.also.dropped)
  }
  return found
}

async function* restore(
  change: VectorChange,
  { table, hands, at }: TableWork,
  indexes: readonly Dropped[],
): AsyncGenerator<Checkpoint> {
  const isSmall = table.bytes <= smallTable || indexes.some(({ name }) => name === null)
  if (!isSmall) await buildSpares(change, table, hands, indexes)
  const ending = await hands.change({
    names: [table.name],
    cursor: at(),
    work: async (q) => {
      await q.script(
        indexes
          .flatMap(({ name, definition, comment }, n) => [
            isSmall || name === null
              ? definition
              : `alter index ${inSchema(table, spareName(change, table, n))} rename to ${quoteIdentifier(name)}`,
            ...(name === null || comment === null
              ? []
              : [`comment on index ${inSchema(table, name)} is ${quoteLiteral(comment)}`]),
          ])
          .join(';\n'),
      )
      return []
    },
  })
  yield { ...ending, changed: 1 }
}

async function buildSpares(
  change: VectorChange,
  table: TableState,
  hands: TableHands,
  indexes: readonly Dropped[],
): Promise<void> {
  for (const [n, { definition }] of indexes.entries()) {
    const spare = spareName(change, table, n)
    await hands.alone(
      `drop index concurrently if exists ${inSchema(table, spare)}`,
      definition.replace(named, ` INDEX CONCURRENTLY ${quoteIdentifier(spare)} ON `),
    )
  }
}

const named = / INDEX (?:"(?:[^"]|"")+"|\S+) ON /

function inSchema({ schema }: TableState, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}

const memoForm = z.object({
  more: z.object({
    /** Definitions of what a table had, with `{key}`. */
    indexes: z.array(z.string()),
    /** Whether every table had one. */
    everywhere: z.boolean(),
  }),
})

/** What tells how a table was born that has no pre-image; one that was born without an old index is left without. */
function bornWith(change: VectorChange, { table, work }: TableWork): readonly Dropped[] {
  const memo = memoForm.safeParse(work.memo)
  if (!memo.success) return []
  const { indexes, everywhere } = memo.data.more
  const hasNew = table.shape.indexes.some(({ name }) => name === newIndexName(change, table))
  if (!everywhere && !hasNew) return []
  return indexes.map((index) => ({ name: null, definition: index.replaceAll('{key}', table.key), comment: null }))
}
