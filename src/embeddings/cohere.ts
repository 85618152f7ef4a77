import { z } from 'zod'
import type { Embedder } from './embedder.ts'
import { createProviderEmbedder } from './provider-embedder.ts'
import type { ProviderOptions } from './provider-embedder.ts'

const answerForm = z.object({
  embeddings: z.object({ float: z.array(z.array(z.number())) }),
  meta: z.object({ billed_units: z.object({ input_tokens: z.number().optional() }).optional() }).optional(),
})

/** Cohere's `/v2/embed`; a text that is too long is refused instead of cut. */
export function createCohereEmbedder(options: ProviderOptions): Embedder {
  const { model, dimensions, baseUrl, apiKey, provider, task } = options
  return createProviderEmbedder(options, {
    provider,
    url: `${baseUrl}/v2/embed`,
    headers: { authorization: `Bearer ${apiKey ?? ''}` },
    request: (texts) => ({
      model,
      texts,
      input_type: task,
      embedding_types: ['float'],
      output_dimension: dimensions,
      truncate: 'NONE',
    }),
    parse(answer) {
      const { embeddings, meta } = answerForm.parse(answer)
      return { vectors: embeddings.float, tokens: meta?.billed_units?.input_tokens }
    },
  })
}
