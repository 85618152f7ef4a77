import { z } from 'zod'
import type { Embedder } from './embedder.ts'
import { createProviderEmbedder } from './provider-embedder.ts'
import type { ProviderOptions } from './provider-embedder.ts'

const answerForm = z.object({ embeddings: z.array(z.object({ values: z.array(z.number()) })) })

/** Gemini's `batchEmbedContents`. It does not say what it charged: the tokenizer's count stands in. */
export function createGeminiEmbedder(options: ProviderOptions): Embedder {
  const { model, dimensions, baseUrl, apiKey, provider, task } = options
  const name = `models/${model}`
  return createProviderEmbedder(options, {
    provider,
    url: `${baseUrl}/models/${encodeURIComponent(model)}:batchEmbedContents`,
    headers: { 'x-goog-api-key': apiKey ?? '' },
    request: (texts) => ({
      requests: texts.map((text) => ({
        model: name,
        content: { parts: [{ text }] },
        taskType: task,
        outputDimensionality: dimensions,
      })),
    }),
    parse: (answer) => ({ vectors: answerForm.parse(answer).embeddings.map(({ values }) => values) }),
  })
}
