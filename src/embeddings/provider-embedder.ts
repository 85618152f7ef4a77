import type { Clock } from '../kernel/clock.ts'
import { createHttpCall } from './call.ts'
import type { EmbeddingProtocol } from './call.ts'
import { createCallingEmbedder } from './calling-embedder.ts'
import { defineModel } from './embedder.ts'
import type { Embedder, EmbeddingTerms } from './embedder.ts'
import type { EmbeddingPace } from './pace.ts'

/** What every provider over HTTP is made from. */
export interface ProviderOptions {
  /** As it stands in the model's key. */
  readonly provider: string
  readonly model: string
  readonly dimensions: number
  readonly baseUrl: string
  readonly apiKey?: string | undefined
  readonly task?: string | undefined
  readonly terms: EmbeddingTerms
  /** Answers have length 1, or are brought to it by `normalise`. */
  readonly normalised: boolean
  readonly normalise?: boolean | undefined
  readonly exactTokens?: boolean | undefined
  readonly pace?: EmbeddingPace | undefined
  readonly callsAtOnce?: number | undefined
  readonly timeout?: number | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly clock?: Clock | undefined
}

/** An embedder that speaks `protocol`. */
export function createProviderEmbedder(options: ProviderOptions, protocol: EmbeddingProtocol): Embedder {
  const { provider, model, dimensions, task, normalised, normalise = false, fetch, timeout } = options
  return createCallingEmbedder({
    ...options,
    model: defineModel({
      provider,
      model,
      dimensions,
      normalised: normalised || normalise,
      ...(task === undefined ? {} : { task }),
    }),
    call: createHttpCall({ protocol, fetch, timeout }),
  })
}
