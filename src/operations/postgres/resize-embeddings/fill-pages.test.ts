import { afterAll, beforeAll, expect, it } from 'vitest'
import { defineModel } from '../../../embeddings/embedder.ts'
import type { Embedder } from '../../../embeddings/embedder.ts'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import { tableStates } from '../../table-state.ts'
import { openFillPages } from './fill-pages.ts'
import type { FillPages, FillShard } from './fill-pages.ts'
import { resizeEmbeddingsStep } from './resize-embeddings.ts'
import { parseResize } from './resize-spec.ts'
import { encodeVectors } from './vector-array.ts'
import { changeOf } from './vector-change.ts'

const names = ['notes_1', 'notes_2']
const model = defineModel({ provider: 'test', model: 'test', dimensions: 2, normalised: false })
const vector = Float32Array.of(1, 2)
const change = changeOf(
  parseResize(
    resizeEmbeddingsStep(
      { tenants: 'notes' },
      { column: 'embedding', from: 'content', embedder: 'test', dimensions: 2 },
    ).spec,
  ),
)

let tables: TableWriter
beforeAll(async () => {
  tables = await createPgliteTables({})
  const seed = names.map(
    (name) => `create table ${name} (id int primary key, content text, embedding vector(8));
      insert into ${name} select n, case when n = 2 then ' ' else '${name} ' || n end from generate_series(1, 2500) n`,
  )
  await tables.transaction((q) => q.script(['create extension vector', ...seed].join(';')))
})
afterAll(() => tables.close())

async function opened(embed: Embedder['embed']): Promise<FillShard & { readonly pages: FillPages }> {
  const states = await tables.read((q) => tableStates(q, { schema: 'public', tables: names }, names))
  const shard: FillShard = {
    tables: states,
    hands: { tables, embedder: async () => ({ model, embed }) },
    work: { signal: new AbortController().signal },
    after: () => [],
  }
  return { ...shard, pages: openFillPages(change, shard) }
}

it('all rows come in pages, each with its vectors as they are sent; of a table that is given up the rest is passed over', async () => {
  const { pages, tables: states } = await opened(async (texts) => texts.map(() => ({ vector })))
  const [one, two] = states
  if (one === undefined || two === undefined) return expect.unreachable()
  const first = await pages.next(one)
  expect(first?.rows).toHaveLength(1_000)
  const { oid } = (await tables.read((q) => q.query<{ oid: number }>(`select 'vector'::regtype::oid::int as oid`)))[0]!
  const expected = first?.rows.map(({ key }) => (key[0] === '2' ? undefined : vector)) ?? []
  expect(first?.vectors).toEqual(encodeVectors(expected, oid))
  const ids: string[] = []
  for (let page = await pages.next(two); page !== undefined; page = await pages.next(two))
    ids.push(...page.rows.map(({ key }) => key[0] ?? ''))
  expect(ids).toEqual(Array.from({ length: 2_500 }, (_, n) => `${n + 1}`))
  await pages.close()
})

/** No answer before it is given up. */
function never(signal: AbortSignal | undefined): Promise<never> {
  signal?.throwIfAborted()
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
}

it('what fails ahead is told in its turn, and closing ends what is on its way', async () => {
  let asked = 0
  const { pages, tables: states } = await opened(async (texts, { signal }) => {
    if (++asked === 1) return texts.map(() => ({ vector }))
    if (asked === 2) throw new Error('no more of them')
    return never(signal)
  })
  const [one] = states
  if (one === undefined) return expect.unreachable()
  expect((await pages.next(one))?.rows).toHaveLength(1_000)
  await new Promise(setImmediate)
  await expect(pages.next(one)).rejects.toThrow('no more of them')
  await pages.close()

  let isAsked = false
  const silent = await opened(async (_, { signal }) => {
    isAsked = true
    return never(signal)
  })
  const ended = silent.pages.next(one).catch((error: unknown) => error)
  await expect.poll(() => isAsked).toBe(true)
  await silent.pages.close()
  expect(await ended).toMatchObject({ name: 'AbortError' })
})
