import type { OperationCase } from '../../src/operations/operation-case.ts'
import { resizeEmbeddingsStep } from '../../src/operations/postgres/resize-embeddings/resize-embeddings.ts'
import type { VectorChecks } from '../../src/operations/postgres/resize-embeddings/vector-checks.ts'

const nothing = { documents: {}, sql: [], afterDown: { documents: {}, queries: [] } }

const table = `create schema if not exists extensions; create extension if not exists vector schema extensions;
  create table documents (id int primary key, content text, embedding extensions.vector(8));
  insert into documents select n, 'text ' || n, (select ('[' || string_agg(((n * d) % 7 + 1)::text, ',') || ']') from generate_series(1, 8) d)::extensions.vector
  from generate_series(1, 60) n`

const watched = (name: string, verify: VectorChecks): OperationCase => ({
  name,
  embedders: { large: { provider: 'local', dimensions: 16 } },
  steps: [
    resizeEmbeddingsStep('documents', {
      column: 'embedding',
      from: 'content',
      embedder: 'large',
      dimensions: 16,
      index: 'hnsw',
      verify,
    }),
  ],
  before: { documents: {}, sql: [table] },
  after: { documents: {}, queries: [] },
  others: nothing,
})

const query = 'select id, content from {table} order by embedding <=> $1 limit 5'

export const good: OperationCase = watched('searches are measured', {
  query,
  k: 5,
  probes: 6,
  golden: [{ query: 'text 7', ids: [7], k: 2 }],
})

export const otherOperator: OperationCase = watched('the app searches by another distance than the index', {
  query: query.replace('<=>', '<->'),
  probes: 2,
})

export const unanswered: OperationCase = watched('a search whose answer is known has another one', {
  query,
  probes: 2,
  golden: [
    { query: 'text 7', ids: ['7'] },
    { query: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], ids: [999, 7], k: 1 },
  ],
})

export const failing: OperationCase = watched('the app casts to the old dimension', {
  query: 'select id from {table} order by embedding <=> $1::extensions.vector(8) limit 5',
  probes: 2,
})
