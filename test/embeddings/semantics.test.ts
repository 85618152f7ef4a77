import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLocalEmbedder } from '../../src/embeddings/local-embedder.ts'
import { quoteLiteral } from '../../src/kernel/identifiers.ts'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import { migrationId, openWorld } from '../laws/world.ts'
import type { World } from '../laws/world.ts'
import { needs } from '../stores/skips.ts'
import { vectorOf } from './mock-embedder.ts'
import { fromSentences, toSentences } from './semantics.cases.ts'
import { installSentences, readGlosses, sentences } from './sentences.ts'

const missing = installSentences()
const timeout = 1_800_000
const count = 2_500
const asked = 200

describe('a real sentence model on real text', needs(missing === undefined ? true : undefined, missing ?? ''), () => {
  let world: World
  let glosses: readonly string[]
  let vectors: readonly Float32Array[]

  beforeAll(async () => {
    world = await openWorld(new URL('semantics.cases.ts', import.meta.url).pathname)
    glosses = readGlosses(count + asked)
    vectors = (await sentences.embed(glosses, {})).map(vectorOf)
  }, timeout)
  afterAll(() => world?.close())

  const up = async (theCase: OperationCase, dimensions: number, rows: readonly string[]): Promise<void> => {
    const table = `create schema if not exists extensions; create extension if not exists vector schema extensions;
      create table documents (id int primary key, content text, embedding extensions.vector(${dimensions}))`
    const insert = `insert into documents values ${rows.map((row, n) => `(${n}, ${row})`).join(', ')}`
    await world.fill({ ...theCase, before: { documents: {}, sql: [table, insert] } })
    const migrator = world.migrator(theCase)
    await migrator.start(await migrator.plan(migrationId))
  }
  const literal = (vector: Float32Array | undefined): string => `'[${vector?.join(',')}]'::extensions.vector`

  it('the index finds what an exact search finds, for questions that are no rows', { timeout }, async () => {
    await up(
      toSentences,
      8,
      glosses.slice(0, count).map((text) => `${quoteLiteral(text)}, null`),
    )
    const search = (vector: Float32Array | undefined, setting: string): Promise<readonly [string, readonly number[]]> =>
      world.tables.read(async (q) => {
        await q.script(`set local search_path = public, extensions; ${setting}`)
        const nearest = `select id from documents order by embedding <=> ${literal(vector)} limit 10`
        const plan = await q.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${nearest}`)
        const rows = await q.query<{ id: number }>(nearest)
        return [plan.map((line) => line['QUERY PLAN']).join(' '), rows.map(({ id }) => id)]
      })
    let found = 0
    for (const vector of vectors.slice(count)) {
      const [plan, byIndex] = await search(vector, 'set local enable_seqscan = off')
      const [, exact] = await search(vector, 'set local enable_indexscan = off')
      expect(plan).toContain('Index Scan')
      found += byIndex.filter((id) => exact.includes(id)).length
    }
    const recall = found / (asked * 10)
    console.log(`recall@10 of the index is ${recall.toFixed(4)} with ${asked} questions to ${count} rows`)
    expect(recall).toBeGreaterThanOrEqual(0.98)
  })

  it('stored vectors of another model of the same dimension are refused, its own are not', { timeout }, async () => {
    const some = glosses.slice(0, 100)
    const rowsOf = (of: readonly Float32Array[]): readonly string[] =>
      some.map((text, n) => `${quoteLiteral(text)}, ${literal(of[n])}`)
    const planted = (await createLocalEmbedder({ model: 'hash-1', dimensions: 512 }).embed(some, {})).map(vectorOf)
    await expect(up(fromSentences, 512, rowsOf(planted))).rejects.toThrow(/are not those of use-lite/)
    await up(fromSentences, 512, rowsOf(vectors))
  })
})
