import { z } from 'zod'
import type { Embedder } from './embedder.ts'
import { createProviderEmbedder } from './provider-embedder.ts'
import type { ProviderOptions } from './provider-embedder.ts'

const answerForm = z.object({ embeddings: z.array(z.array(z.number())), prompt_eval_count: z.number().optional() })

/** Ollama's `/api/embed`; a text that is too long is refused instead of cut. A task is a prefix of each text. */
export function createOllamaEmbedder(options: ProviderOptions): Embedder {
  const { model, baseUrl, apiKey, provider, task = '' } = options
  return createProviderEmbedder(options, {
    provider,
    url: `${baseUrl}/api/embed`,
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    request: (texts) => ({ model, input: texts.map((text) => task + text), truncate: false }),
    parse(answer) {
      const { embeddings, prompt_eval_count: tokens } = answerForm.parse(answer)
      return { vectors: embeddings, tokens }
    },
  })
}
