import type { Embedder } from './embedder.ts'
import { parseIndexed } from './openai.ts'
import { createProviderEmbedder } from './provider-embedder.ts'
import type { ProviderOptions } from './provider-embedder.ts'

/** Voyage's `/embeddings`; a text that is too long is refused instead of cut. */
export function createVoyageEmbedder(options: ProviderOptions): Embedder {
  const { model, dimensions, baseUrl, apiKey, provider, task } = options
  return createProviderEmbedder(options, {
    provider,
    url: `${baseUrl}/embeddings`,
    headers: { authorization: `Bearer ${apiKey ?? ''}` },
    request: (texts) => ({
      model,
      input: texts,
      input_type: task,
      output_dimension: dimensions,
      encoding_format: 'base64',
      truncation: false,
    }),
    parse: parseIndexed,
  })
}
