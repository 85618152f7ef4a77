import { createProviderEmbedder } from './provider-embedder.ts'
import type { ProviderOptions } from './provider-embedder.ts'
import { decodeFloats } from './call.ts'
import type { ParsedAnswer, RawVector } from './call.ts'
import type { Embedder } from './embedder.ts'
import { z } from 'zod'

/** Answers of OpenAI's shape, with vectors as base64 or as numbers; usage may be missing elsewhere. */
const answerForm = z.object({
  data: z.array(z.object({ index: z.int().min(0), embedding: z.union([z.string(), z.array(z.number().nullable())]) })),
  usage: z.object({ total_tokens: z.number() }).optional(),
})

export interface OpenAiOptions extends ProviderOptions {
  /** Sent as `dimensions`; other servers and older models refuse the parameter. Default: for models known to take it. */
  readonly sendsDimensions?: boolean | undefined
  /** Azure's dated version: the deployment is then named in the address, as `baseUrl/openai/deployments/MODEL`. */
  readonly apiVersion?: string | undefined
}

/** OpenAI, and every server that speaks like it: vLLM, LiteLLM, Together, Mistral. */
export function createOpenAiEmbedder(options: OpenAiOptions): Embedder {
  const { model, dimensions, baseUrl, apiKey, provider } = options
  const sends = options.sendsDimensions ?? (provider === 'openai' && model.startsWith('text-embedding-3'))
  const azure = provider === 'azure'
  const path =
    options.apiVersion === undefined
      ? '/embeddings'
      : `/openai/deployments/${encodeURIComponent(model)}/embeddings?api-version=${encodeURIComponent(options.apiVersion)}`
  return createProviderEmbedder(options, {
    provider,
    url: `${baseUrl}${path}`,
    headers: keyHeaders(apiKey, azure),
    request: (texts) => ({ model, input: texts, encoding_format: 'base64', ...(sends ? { dimensions } : {}) }),
    parse: parseIndexed,
  })
}

function keyHeaders(apiKey: string | undefined, azure: boolean): Readonly<Record<string, string>> {
  if (apiKey === undefined) return {}
  return azure ? { 'api-key': apiKey } : { authorization: `Bearer ${apiKey}` }
}

/** Vectors by the `index` each has, whatever order they come in. */
export function parseIndexed(answer: unknown): ParsedAnswer {
  const { data, usage } = answerForm.parse(answer)
  const vectors: (RawVector | undefined)[] = Array.from({ length: data.length })
  for (const { index, embedding } of data) {
    vectors[index] =
      typeof embedding === 'string' ? decodeFloats(embedding) : embedding.map((value) => value ?? Number.NaN)
  }
  return { vectors, tokens: usage?.total_tokens }
}
