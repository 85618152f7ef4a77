import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import type { Measurement } from '../../measurement.ts'
import type { Look } from '../../operation.ts'
import { tableStates } from '../../table-state.ts'
import { indexUse } from './index-use.ts'
import type { VectorIndexShape } from './index-use.ts'
import { resizeEmbeddingsStep } from './resize-embeddings.ts'
import { parseResize } from './resize-spec.ts'
import { changeOf } from './vector-change.ts'
import { createSearchChecks } from './verify-searches.ts'

let tables: TableWriter
beforeAll(async () => {
  tables = await createPgliteTables({})
  await tables.transaction((q) => q.script('create extension vector'))
})
afterAll(() => tables.close())

const vectors = { column: 'embedding', type: 'vector' } as const
const change = (verify: object) =>
  changeOf(parseResize(resizeEmbeddingsStep({ tenants: 'notes' }, { ...vectors, index: 'hnsw', verify }).spec))
const type = { kind: 'vector', dimensions: 2 } as const

it('of many tables the largest are told one by one, the others in one line; golden queries count everywhere', async () => {
  const names = Array.from({ length: 23 }, (_, n) => `notes_${n}`)
  await tables.transaction((q) =>
    q.script(
      `${names
        .map(
          (
            name,
            n,
          ) => `create table ${name} (id int primary key, embedding vector(2)); insert into ${name} select n, array[1, n]::vector(2) from generate_series(1, ${3 + n}) n;
           create index on ${name} using hnsw (embedding vector_cosine_ops); analyze ${name}`,
        )
        .join(';')}`,
    ),
  )
  const verify = { probes: 1, k: 2, golden: [{ query: [1, 2], ids: [2], k: 1, table: 'notes_0' }] }
  const states = await tables.read((q) => tableStates(q, { schema: 'public', tables: names }, names))
  const told: Measurement[] = []
  const look: Look = { documents: {} as Look['documents'], tables, fleet: () => Promise.reject(new Error('no fleet')) }
  const scope = { signal: new AbortController().signal, measured: (each: Measurement) => void told.push(each) }
  const checks = createSearchChecks(change(verify), states, look, scope)
  for (const table of states) {
    const place = { at: table.name, type }
    expect(await checks.check({ table, fresh: place, old: place })).toEqual([])
  }
  checks.finish()
  expect(told).toHaveLength(22)
  expect(told[0]).toMatchObject({ where: 'notes_0', figures: { goldenAsked: 1, goldenFound: 1 } })
  expect(told.at(-1)).toEqual({
    where: '2 smaller tables',
    text: 'recall@2 at least 1.000 (0.95 asked for, 0 ties)',
    figures: { tables: 2, recall: 1, ties: 0, recallLeast: 0.95, k: 2 },
  })
})

it('long vectors are indexed as half floats: a search that casts can use that, one that does not is told how to', async () => {
  const vector = `[1${',0'.repeat(2_099)}]`
  await tables.transaction((q) =>
    q.script(`create table long (id int primary key, embedding vector(2100)); insert into long select n, array_fill(n::real, '{2100}')::vector from generate_series(1, 5) n;
      create index nearest on long using hnsw ((embedding::halfvec(2100)) halfvec_cosine_ops)`),
  )
  const used = (order: string) =>
    tables.read(async (q) => {
      const [index] = await q.query<VectorIndexShape>(
        "select 'nearest' as name, pg_get_indexdef('nearest'::regclass) as definition",
      )
      const sql = `select id from long order by ${order} limit 3`
      return index && indexUse(q, index, { sql, vector, column: 'embedding' })
    })
  expect(await used('embedding::halfvec(2100) <=> $1::halfvec(2100)')).toBe('not preferred')
  expect(await used('embedding <=> $1')).toEqual({
    never:
      'its query cannot use the index nearest: the index is of embedding cast to halfvec(2100), and the query has to cast as it does; write "order by embedding::halfvec(2100) <=> $1::halfvec(2100) limit …" with nothing around it',
  })
  expect(await used('1 - (embedding::halfvec(2100) <=> $1::halfvec(2100)) desc')).toEqual({
    never: expect.stringContaining('it is ordered downwards'),
  })
})
