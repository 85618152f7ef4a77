import { createLocalEmbedder } from '../../src/embeddings/local-embedder.ts'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import { resizeEmbeddingsStep } from '../../src/operations/postgres/resize-embeddings/resize-embeddings.ts'
import { sentences } from './sentences.ts'

const nothing = { documents: {}, sql: [], afterDown: { documents: {}, queries: [] } }
const shared = { before: { documents: {}, sql: [] }, after: { documents: {}, queries: [] }, others: nothing }
const embedders = {
  sentences: { provider: 'custom', embedder: sentences },
  other: { provider: 'custom', embedder: createLocalEmbedder({ model: 'hash-2', dimensions: 512 }) },
} as const
const usual = { column: 'embedding', from: 'content', dimensions: 512 }

export const toSentences: OperationCase = {
  ...shared,
  name: 'a real sentence model, with an index',
  embedders,
  steps: [
    resizeEmbeddingsStep('documents', {
      ...usual,
      embedder: 'sentences',
      index: 'hnsw',
      verify: { recall: 0.98, k: 10, probes: 100 },
    }),
  ],
}

export const fromSentences: OperationCase = {
  ...shared,
  name: 'from a real sentence model to another of the same dimension',
  embedders,
  steps: [resizeEmbeddingsStep('documents', { ...usual, embedder: 'other', was: 'sentences' })],
}
