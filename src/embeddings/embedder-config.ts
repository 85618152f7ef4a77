import { z } from 'zod'
import type { AiSdkEmbeddingModel } from './ai-sdk.ts'
import type { Embedder } from './embedder.ts'

const text = z.union([z.string().min(1), z.strictObject({ env: z.string().min(1) })])
const count = z.int().positive()

const limits = z.strictObject({
  itemsPerCall: count.optional(),
  tokensPerCall: count.optional(),
  tokensPerItem: count.optional(),
  bytesPerCall: count.optional(),
  requestsPerMinute: count.optional(),
  tokensPerMinute: count.optional(),
})

/** What every embedder may be told. */
const shared = {
  /** Of the column; the most that pgvector stores is 16,000. */
  dimensions: z.int().min(1).max(16_000),
  /** Over those of the dated table. */
  limits: limits.optional(),
  /** Dollars for a million tokens, over that of the dated table. */
  price: z.number().min(0).optional(),
  /** Calls at once in one process. */
  callsAtOnce: count.max(256).optional(),
  /** Divide answers by their length. */
  normalise: z.boolean().optional(),
  /** How long one call may take. */
  timeoutSeconds: z.number().positive().max(3_600).optional(),
}

const overHttp = { ...shared, model: z.string().min(1), apiKey: text.optional(), baseUrl: text.optional() }
const withTask = { ...overHttp, task: z.string().min(1).optional() }

/** One embedder of the configuration. */
export const embedderForm = z.discriminatedUnion('provider', [
  z.strictObject({ provider: z.literal('openai'), ...overHttp }),
  z.strictObject({
    provider: z.literal('azure'),
    ...overHttp,
    baseUrl: text,
    apiVersion: z.string().min(1).optional(),
    sendsDimensions: z.boolean().optional(),
  }),
  z.strictObject({
    provider: z.literal('openai-compatible'),
    ...overHttp,
    baseUrl: text,
    sendsDimensions: z.boolean().optional(),
  }),
  z.strictObject({ provider: z.literal('cohere'), ...withTask }),
  z.strictObject({ provider: z.literal('voyage'), ...withTask }),
  z.strictObject({ provider: z.literal('gemini'), ...withTask }),
  z.strictObject({ provider: z.literal('ollama'), ...withTask }),
  z.strictObject({
    provider: z.literal('local'),
    model: z.string().min(1).optional(),
    dimensions: shared.dimensions,
  }),
  z.strictObject({
    provider: z.literal('ai-sdk'),
    ...shared,
    model: z.custom<AiSdkEmbeddingModel>(
      isAiSdkModel,
      "give an embedding model of the AI SDK, as openai.embedding('…')",
    ),
    providerOptions: z.record(z.string(), z.unknown()).optional(),
    task: z.string().min(1).optional(),
  }),
  z.strictObject({
    provider: z.literal('custom'),
    embedder: z.custom<Embedder>(isEmbedder, 'give an object with model (provider, model, dimensions, key) and embed'),
  }),
])

/** The section `embedders` of the configuration: embedders by the names that migrations call them. */
export const embeddersForm = z.record(z.string().min(1), embedderForm)

export type EmbedderConfig = z.infer<typeof embedderForm>
export type EmbeddersConfig = z.infer<typeof embeddersForm>

function isAiSdkModel(value: unknown): boolean {
  return isRecord(value) && typeof value['doEmbed'] === 'function' && typeof value['modelId'] === 'string'
}

function isEmbedder(value: unknown): boolean {
  if (!isRecord(value) || typeof value['embed'] !== 'function' || !isRecord(value['model'])) return false
  const { provider, model, dimensions, key } = value['model']
  return (
    [provider, model, key].every((each) => typeof each === 'string' && each !== '') && typeof dimensions === 'number'
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
