import type { Clock } from '../../src/kernel/clock.ts'
import type { CallWatch, Embedded, Embedder, EmbeddingLimits } from '../../src/embeddings/embedder.ts'
import { createOpenAiEmbedder } from '../../src/embeddings/openai.ts'
import type { EmbeddingPace } from '../../src/embeddings/pace.ts'
import type { MockProvider } from './mock-provider.ts'

/** A clock whose pauses take no time and are noted. */
export function createQuickClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = []
  return {
    slept,
    now: () => Date.now(),
    async sleep(ms) {
      slept.push(ms)
      await new Promise(setImmediate)
    },
  }
}

export interface MockEmbedderOptions {
  readonly dimensions: number
  readonly limits?: Partial<EmbeddingLimits>
  readonly usdPerMillionTokens?: number
  readonly apiKey?: string
  readonly clock?: Clock
  readonly pace?: EmbeddingPace
  readonly callsAtOnce?: number
  readonly normalise?: boolean
  readonly timeout?: number
}

/** The OpenAI client, talking to the mock provider. */
export function createMockEmbedder(provider: MockProvider, options: MockEmbedderOptions): Embedder {
  const { limits, usdPerMillionTokens = 1, apiKey = provider.apiKey, ...rest } = options
  return createOpenAiEmbedder({
    provider: 'openai',
    model: 'text-embedding-3-small',
    baseUrl: provider.baseUrl,
    apiKey,
    normalised: true,
    exactTokens: true,
    clock: createQuickClock(),
    ...rest,
    terms: {
      limits: { itemsPerCall: 2_048, tokensPerCall: 280_000, tokensPerItem: 8_191, ...limits },
      usdPerMillionTokens,
    },
  })
}

/** A watch that adds up. */
export function createTally(): CallWatch & { reserved: number; charged: number; readonly texts: string[] } {
  const tally = {
    reserved: 0,
    charged: 0,
    texts: [] as string[],
    async reserve(tokens: number) {
      tally.reserved += tokens
      return async (charged: number): Promise<void> => void (tally.charged += charged)
    },
    async answered(texts: readonly string[]) {
      tally.texts.push(...texts)
    },
  }
  return tally
}

export function vectorOf(answer: Embedded | undefined): Float32Array {
  if (answer === undefined || !('vector' in answer)) throw new Error(`no vector: ${JSON.stringify(answer)}`)
  return answer.vector
}
