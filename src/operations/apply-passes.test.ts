import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createPgliteTables } from '../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../stores/tables.ts'
import { applyPasses } from './apply-passes.ts'
import type { Checkpoint, TableHands, Work } from './operation.ts'
import type { CatalogPass } from './table-passes.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})
afterAll(() => tables.close())
beforeEach(() => tables.transaction((q) => q.script('drop schema public cascade; create schema public')))

interface Change {
  readonly asked: readonly string[]
  readonly changed: readonly string[]
  readonly cursor: unknown
}

/** Hands without a ledger: they only tell what was done in each transaction. */
function handsOn(changes: Change[]): TableHands {
  const unused = (): never => expect.unreachable('not used here')
  return {
    tables,
    async change({ names, cursor, work }): Promise<Checkpoint> {
      const images = await tables.transaction((q) => work(q, names))
      const at = (typeof cursor === 'function' ? cursor() : cursor) ?? null
      changes.push({ asked: names, changed: images.map(({ name }) => name), cursor: at })
      return { cursor: at, changed: images.length, skipped: 0, conflicts: 0, saved: true }
    },
    alone: unused,
    keepValues: unused,
    restoreValues: unused,
    noteFailure: unused,
    leaveOut: unused,
    warn: unused,
    embedder: unused,
    preImages: unused,
  }
}

const pages = async (name: string, count: number): Promise<void> =>
  tables.transaction((q) =>
    q.script(`create table ${name} (n int, filler text) with (fillfactor = 10);
      insert into ${name} select n, repeat('x', 500) from generate_series(1, ${count}) n`),
  )

function passOf(name: string, more: Partial<CatalogPass>): CatalogPass {
  const words = { what: '', lock: '', undo: '', lacking: '' }
  const statements: CatalogPass['statements'] = ({ name: table, shape }) =>
    shape.columns.some((column) => column.name === name) ? [] : [`alter table ${table} add column ${name} int`]
  return { name, phase: 'expand', how: 'together', ...words, statements, ...more }
}

async function run(passes: readonly CatalogPass[], names: readonly string[]): Promise<readonly Change[]> {
  const scope = { schema: 'public', tables: [...names] }
  const signal = new AbortController().signal
  const work: Work<unknown> = { spec: {}, memo: {}, phase: 'expand', scope, cursor: undefined, signal }
  const changes: Change[] = []
  for await (const checkpoint of applyPasses(work, handsOn(changes), passes)) expect(checkpoint.saved).toBe(true)
  return changes
}

it('tables too large to be read together come in a later transaction, and the cursor stays before them', async () => {
  await pages('a', 1)
  await pages('b', 10)
  await pages('c', 1)
  const changes = await run([passOf('added', { bytesAtOnce: 9 * 8192 })], ['a', 'b', 'c'])
  expect(changes).toEqual([
    { asked: ['a', 'b', 'c'], changed: ['a'], cursor: { pass: 'added', table: 'a' } },
    { asked: ['b', 'c'], changed: ['b'], cursor: { pass: 'added', table: 'b' } },
    { asked: ['c'], changed: ['c'], cursor: { pass: 'added', table: 'c' } },
  ])
})

it('tables of a size that an earlier pass was for are not looked at again, and those of others keep their pre-image', async () => {
  await pages('large', 10)
  await pages('tiny', 1)
  const passes = [passOf('small', { sizes: { most: 8192 } }), passOf('big', { sizes: { over: 8192 } })]
  expect(await run(passes, ['large', 'tiny'])).toEqual([
    { asked: ['large', 'tiny'], changed: ['tiny'], cursor: { pass: 'small', table: 'tiny' } },
    { asked: ['large'], changed: ['large'], cursor: { pass: 'big', table: 'large' } },
  ])
})

it('one that an earlier pass found too large is not left over when it is emptied meanwhile', async () => {
  await pages('large', 10)
  const emptied: CatalogPass['also'] = async (q) => {
    await q.script('truncate large')
    return {}
  }
  const first = passOf('before', { sizes: { over: 8192 }, also: emptied })
  const passes = [first, passOf('small', { sizes: { most: 8192 } }), passOf('big', { sizes: { over: 8192 } })]
  const changes = await run(passes, ['large'])
  expect(changes.map(({ cursor }) => cursor)).toEqual([
    { pass: 'before', table: 'large' },
    { pass: 'big', table: 'large' },
  ])
  const columns = await tables.read((q) =>
    q.query("select attname from pg_attribute where attrelid = 'large'::regclass and attname = 'big'"),
  )
  expect(columns).toHaveLength(1)
})
