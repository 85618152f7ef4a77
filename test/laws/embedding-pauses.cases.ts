import type { OperationCase } from '../../src/operations/operation-case.ts'
import { resizeEmbeddingsStep } from '../../src/operations/postgres/resize-embeddings/resize-embeddings.ts'

/** Its index is built concurrently. */
export const largeTable: OperationCase = {
  name: 'an index of a large table',
  steps: [resizeEmbeddingsStep('documents', { column: 'embedding', index: 'hnsw', verify: { recall: 0.5 } })],
  before: {
    documents: {},
    sql: [
      `create schema if not exists extensions; create extension if not exists vector schema extensions;
       create table documents (id int primary key, content text, embedding extensions.vector(2));
       alter table documents alter column content set storage plain;
       insert into documents select n, repeat('x', 7000), ('[' || n || ',1]')::extensions.vector from generate_series(1, 140) n;
       create index by_angle on documents using ivfflat (embedding extensions.vector_cosine_ops) with (lists = 1)`,
    ],
  },
  after: { documents: {}, queries: [] },
  others: { documents: {}, sql: [], afterDown: { documents: {}, queries: [] } },
}
