import { createLocalEmbedder } from '../../src/embeddings/local-embedder.ts'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import { resizeEmbeddingsStep } from '../../src/operations/postgres/resize-embeddings/resize-embeddings.ts'

export const dimensions = { small: 64, large: 128 } as const
const rows = 3_000
const small = createLocalEmbedder({ dimensions: dimensions.small })
const texts = Array.from({ length: rows }, (_, n) => `text ${n} of ${n % 7}`)
const vectors = (await small.embed(texts, {})).map((answer) => ('vector' in answer ? answer.vector : []))

/** Enough rows for an index to be the cheaper way, whatever else the planner may do. */
export const searched: OperationCase = {
  name: 'clients of both models search by the index',
  embedders: {
    small: { provider: 'local', dimensions: dimensions.small },
    large: { provider: 'local', dimensions: dimensions.large },
  },
  steps: [
    resizeEmbeddingsStep('documents', {
      column: 'embedding',
      from: 'content',
      embedder: 'large',
      dimensions: dimensions.large,
      was: 'small',
      view: true,
      functions: ['near'],
    }),
  ],
  before: {
    documents: {},
    sql: [
      `create schema if not exists extensions; create extension if not exists vector schema extensions;
       create table documents (id int primary key, content text, embedding extensions.vector(${dimensions.small}));
       create function near(query extensions.vector, most int default 10) returns table (id int) language sql stable
         as 'select d.id from documents d order by d.embedding operator(extensions.<=>) query limit most'`,
      `insert into documents select id, content, vector::extensions.vector from unnest(
         array[${texts.map((_, n) => n).join(',')}], array[${texts.map((text) => `'${text}'`).join(',')}],
         array[${vectors.map((vector) => `'[${vector.join(',')}]'`).join(',')}]) as t(id, content, vector)`,
      'create index documents_near on documents using hnsw (embedding extensions.vector_cosine_ops); analyze documents',
    ],
  },
  after: { documents: {}, queries: [] },
  others: { documents: {}, sql: [], afterDown: { documents: {}, queries: [] } },
}
