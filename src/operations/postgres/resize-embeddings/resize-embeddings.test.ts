import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createLocalEmbedder } from '../../../embeddings/local-embedder.ts'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import type { Look, StepPlan } from '../../operation.ts'
import { resizeEmbeddings, resizeEmbeddingsStep } from './resize-embeddings.ts'
import type { ResizeEmbeddingsOptions } from './resize-spec.ts'
import { encodeVectors } from './vector-array.ts'
import { vectorStore } from './vector-store.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
  await sql('create schema extensions; create extension vector schema extensions')
})

afterAll(() => tables.close())

beforeEach(() => sql('drop schema public cascade; create schema public'))

const sql = (text: string): Promise<void> => tables.transaction((q) => q.script(text))
const alone = { embedder: undefined, dimensions: undefined, from: undefined }
const usual = { column: 'embedding', from: 'content', embedder: 'large', dimensions: 16 } as const
const plan = (options: Partial<ResizeEmbeddingsOptions> = {}): Promise<StepPlan> => {
  const look: Look = {
    documents: {} as Look['documents'],
    tables,
    fleet: () => Promise.reject(new Error('no tenants here')),
    embedder: async (name) => createLocalEmbedder({ dimensions: name === 'large' ? 16 : 8 }),
  }
  const step = resizeEmbeddingsStep('documents', { ...usual, ...options })
  return resizeEmbeddings.plan(resizeEmbeddings.parse(step.spec), look)
}
const documents = 'create table documents (id int primary key, content text, embedding extensions.vector(8))'

describe('parse', () => {
  it.each([
    ['no source of vectors', { embedder: undefined, dimensions: undefined }, /name a type/],
    ['an embedder without texts', { from: undefined }, /needs from/],
    ['a view, and nobody to make vectors', { ...alone, type: 'halfvec' as const, view: true }, /needs an embedder/],
    ['an embedder and within', { within: 'text-embedding-3-large' }, /no within/],
    ['a model that cannot be cut', { embedder: undefined, within: 'text-embedding-ada-002' }, /not known/],
    ['texts in the vectors', { from: 'embedding' }, /not the vectors/],
    ['an index that pgvector refuses', { index: { m: 40 } }, /twice m/],
    ['a query of no table', { verify: { query: 'select 1 where $1 is null' } }, /has to search \{table\}/],
    ['a query with other values', { verify: { query: 'select $2, $1 from {table}' } }, /one parameter/],
    ['a query of the old vectors alone', { verify: { queryBefore: 'select $1 from {table}' } }, /name both/],
    ['an embedder of no text', { verify: { searches: 'large' } }, /there are none/],
    [
      'a text that nobody embeds',
      {
        embedder: undefined,
        from: undefined,
        dimensions: undefined,
        type: 'halfvec' as const,
        verify: { golden: [{ query: 'a', ids: [1] }] },
      },
      /verify\.searches/,
    ],
    ['another distance at once', { metric: 'ip' }, /vectors and distance are not changed at once/],
    ['an operator class', { index: { opclass: 'vector_ip_ops' } }, /vectors and distance are not changed at once/],
    ['what it does not know', { storage: 'main' }, /storage/],
    ['an index alone that is as the rows ask for', { ...alone, index: 'auto' }, /may change with the rows/],
    ['an index alone and texts', { ...alone, index: 'hnsw', from: 'content' }, /vectors stay as they are/],
    [
      'an index alone and a query',
      { ...alone, index: 'none', verify: { query: 'select $1 from {table}' } },
      /recall, k/,
    ],
  ])('refuses %s', (_, options, message) => {
    const { spec } = resizeEmbeddingsStep('documents', { ...usual, ...(options as object) })
    expect(() => resizeEmbeddings.parse(spec)).toThrow(message)
  })
})

it('the files of search functions are read, and linted', () => {
  const functions = ['near', { name: 'far', file: 'sql/far.sql' }]
  const { spec } = resizeEmbeddingsStep('documents', { ...usual, functions })
  const parsed = resizeEmbeddings.parse(spec, (path) => `the text of ${path}`)
  expect(resizeEmbeddings.sql?.(parsed)).toMatchObject([{ name: 'sql/far.sql', text: 'the text of sql/far.sql' }])
})

describe('plan', () => {
  it.each([
    ['a view', `${documents}; create view v as select id from documents`, 'LS-2123'],
    [
      'a function of its rows',
      `${documents}; create function all_of_them() returns setof documents language sql as 'select * from documents'`,
      'LS-2123',
    ],
    ['a foreign key', `${documents}; create table o (d int references documents (id))`, 'LS-2123'],
    ['a check of the vectors', `${documents}; alter table documents add check (embedding is not null)`, 'LS-2123'],
    ['no key', documents.replace(' primary key', ''), 'LS-2107'],
    ['no column of texts', documents.replace('content', 'body'), 'LS-2122'],
    ['no column of vectors', documents.replace('embedding', 'vectors'), 'LS-2122'],
    ['vectors of any dimension', documents.replace('(8)', ''), 'LS-2108'],
    ['another model at the same type, unnamed', documents.replace('(8)', '(16)'), 'LS-2108'],
  ])('refuses %s', async (_, before, code) => {
    await sql(before)
    await expect(plan()).rejects.toThrow(expect.objectContaining({ code }))
  })

  it('refuses what cannot be asked of the table as it is, and golden queries of another table', async () => {
    await sql(documents)
    const cast = 'select id from {table} order by embedding <=> $1::extensions.vector(16) limit 3'
    await expect(plan({ verify: { query: cast } })).rejects.toThrow(/verify\.query cannot be asked of documents/)
    const queryBefore = cast.replace('16', '8')
    expect((await plan({ verify: { query: cast, queryBefore } })).effects).not.toEqual([])
    const golden = [{ query: 'a', ids: [1], table: 'other' }]
    await expect(plan({ verify: { golden } })).rejects.toThrow(/not among those of the step: other/)
  })

  it('sets the memory that an index takes while it is built beside what the server gives', async () => {
    await sql(
      `${documents}; insert into documents select n, 'text', null from generate_series(1, 2000) n; analyze documents`,
    )
    const built = async (index: ResizeEmbeddingsOptions['index']) => {
      const { effects, warnings } = await plan({ was: 'small', index })
      return [effects.find(({ unit }) => unit === 'indexes')?.figures, warnings.map(({ code }) => code)]
    }
    const [given] = await tables.read((q) =>
      q.query<{ size: number }>("select pg_size_bytes(current_setting('maintenance_work_mem'))::int as size"),
    )
    // 16 dimensions take 72 bytes, an element and its neighbours 780.
    const figures = { indexes: 1, rows: 2_000, largestBuildBytes: 2_000 * 852, maintenanceWorkMemBytes: given?.size }
    expect(await built('none')).toEqual([undefined, []])
    expect(await built('hnsw')).toEqual([figures, []])
    await sql("set maintenance_work_mem = '1MB'")
    expect(await built('hnsw')).toEqual([{ ...figures, maintenanceWorkMemBytes: 1_048_576 }, ['W226']])
    await sql('reset maintenance_work_mem')
  })

  it('refuses to lengthen vectors by cutting them', async () => {
    await sql(documents)
    const options = { embedder: undefined, within: 'text-embedding-3-large' }
    await expect(plan(options)).rejects.toThrow(/shortened, not lengthened/)
  })

  it('counts different texts, and says what comes back without a vector', async () => {
    await sql(`${documents}; insert into documents select n, 'text ' || n % 7, null from generate_series(1, 20) n`)
    const { effects, warnings } = await plan()
    const [calls] = effects.filter(({ what }) => what.startsWith('embed '))
    expect(calls?.what).toContain('7 different texts of 20')
    expect(calls?.figures).toMatchObject({
      rows: 20,
      texts: 7,
      tokensLow: expect.any(Number),
      usdLow: 0,
      minutesLow: expect.any(Number),
    })
    const [locked] = effects.filter(({ phase }) => phase === 'cutover')
    expect(locked?.figures).toEqual({ lockMillisecondsLow: 4, lockMillisecondsHigh: 20 })
    expect(warnings.map(({ code }) => code)).toEqual(['W224'])
    expect((await plan({ was: 'small' })).warnings).toEqual([])
  })
})

describe('a view for clients of both models', () => {
  it.each([
    ['the same dimension', 'embedding extensions.vector(16)', /could not tell the vectors/],
    ['a required vector', 'embedding extensions.vector(8) not null', /required or has a default/],
    [
      'two identities',
      'a int generated always as identity, b int generated always as identity, embedding extensions.vector(8)',
      /several identity/,
    ],
  ])('is refused of %s', async (_, columns, message) => {
    await sql(`create table documents (id int primary key, content text, ${columns})`)
    await expect(plan({ view: true, was: 'small' })).rejects.toMatchObject({
      code: 'LS-2129',
      message: expect.stringMatching(message),
    })
  })

  it('is refused where its name is taken, and else told of', async () => {
    await sql(documents)
    expect((await plan({ view: true, was: 'small' })).warnings).toMatchObject([{ code: 'W228' }])
    await sql('create schema lockstep_both; create view lockstep_both.documents as select 1 as one')
    await expect(plan({ view: true, was: 'small' })).rejects.toMatchObject({ code: 'LS-2129' })
    await sql('drop schema lockstep_both cascade')
  })
})

it('vectors in binary are read as what they are, and none as NULL', async () => {
  const vectors = [Float32Array.of(1, -0.5, 8e6), undefined, Float32Array.of(0, 0, 1)]
  const rows = await tables.transaction(async (q) => {
    const [type] = await q.query<{ oid: number }>(`select 'extensions.vector'::regtype::oid::int as oid`)
    return q.query(`select v::text as v from unnest($1::extensions.vector[]) v`, [
      encodeVectors(vectors, type?.oid ?? 0),
    ])
  })
  expect(rows).toEqual([{ v: '[1,-0.5,8e+06]' }, { v: null }, { v: '[0,0,1]' }])
})

it('what a table that is gone left behind goes, and with the last of it all that is shared', async () => {
  await sql(vectorStore.create.join(';'))
  const twins = 'create table lockstep_next.gone (id int); create table lockstep_past."od.d" (id int)'
  const noted = `insert into lockstep_vectors.changes (table_name, change, column_name, stage) values ('gone', 'c', 'e', 'filled'), ('other.od.d', 'c', 'e', 'settled')`
  await sql(
    `${twins}; ${noted}; ${documents}; insert into lockstep_vectors.pointers values ('documents', 'embedding', 'c', null, 8)`,
  )
  const left = async (): Promise<unknown> =>
    tables.read((q) =>
      q.query(
        "select nspname || ':' || relname as name from pg_class c join pg_namespace n on n.oid = relnamespace where nspname ~ '^lockstep_(next|past)'",
      ),
    )
  await sql(vectorStore.drop)
  expect(await left()).toEqual([])
  expect(await tables.read((q) => q.query(`select ${vectorStore.exists} as there`))).toEqual([{ there: true }])
  await sql(`drop table documents; ${vectorStore.drop}`)
  expect(
    await tables.read((q) => q.query("select from pg_namespace where nspname ~ '^lockstep_(vectors|next|past)'")),
  ).toEqual([])
})
