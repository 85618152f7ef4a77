import type { OperationCase } from '../../src/operations/operation-case.ts'
import { renameColumnCases } from '../../src/operations/postgres/rename-column/rename-column.case.ts'
import { indexChangeCases } from '../../src/operations/postgres/resize-embeddings/index-change.case.ts'
import { resizeEmbeddingsCases } from '../../src/operations/postgres/resize-embeddings/resize-embeddings.case.ts'
import { resizeEmbeddingsStep } from '../../src/operations/postgres/resize-embeddings/resize-embeddings.ts'
import { extension } from '../../src/operations/postgres/resize-embeddings/resize-world.case.ts'
import { leftBehindCases } from './left-behind.cases.ts'

/** Too large to be indexed under a lock; one of its indexes has a comment. */
const manyIndexes: OperationCase = {
  name: 'several indexes of a large table go',
  steps: [resizeEmbeddingsStep('documents', { column: 'embedding', index: 'none' })],
  before: {
    documents: {},
    sql: [
      `${extension}; create table documents (id int primary key, content text, embedding extensions.vector(2));
       alter table documents alter column content set storage plain;
       insert into documents select n, repeat('x', 7000), ('[' || n || ',1]')::extensions.vector from generate_series(1, 140) n;
       create index by_angle on documents using ivfflat (embedding extensions.vector_cosine_ops) with (lists = 2);
       create index "by ON distance" on documents using ivfflat (embedding extensions.vector_l2_ops) with (lists = 1);
       comment on index "by ON distance" is 'for the map'`,
    ],
  },
  after: { documents: {}, queries: [] },
  others: { documents: {}, sql: [], afterDown: { documents: {}, queries: [] } },
}

/** What contract takes away and down has to make again. */
export const takenAway: readonly OperationCase[] = [
  ...renameColumnCases,
  ...leftBehindCases,
  ...indexChangeCases,
  manyIndexes,
]

export const [ofVectors] = resizeEmbeddingsCases
