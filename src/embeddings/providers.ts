import type { EmbeddingLimits } from './embedder.ts'

/** What is known of one model. */
interface KnownModel {
  /** Dimensions of an answer where none are asked for. */
  readonly dimensions: number
  /** The model takes another number of dimensions, and its vectors can be cut to fewer. */
  readonly shortens: boolean
  /** List price in dollars for a million tokens. */
  readonly usdPerMillionTokens: number
  readonly limits?: Partial<EmbeddingLimits>
}

interface KnownProvider {
  readonly baseUrl: string
  /** Caps of a call, and the rates of the smallest paid account, for every model of the provider. */
  readonly limits: EmbeddingLimits
  /** The task that stored texts are embedded for, where the provider tells them from searches. */
  readonly task?: string
  /** Answers have length 1 at every number of dimensions; where not, they are brought to it. */
  readonly normalised: boolean
  readonly models: Readonly<Record<string, KnownModel>>
}

/**
 * When this table was written, much of it from what others report of the providers. Accounts differ: `limits` and `price`
 * of the configuration win over these.
 */
export const providersCheckedOn = '2026-11-23'

/**
 * Providers, their caps, rates and list prices. OpenAI's cap on a call is 300,000 tokens by its own estimate; 280,000
 * leaves room for what it counts differently.
 */
export const knownProviders = {
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    limits: {
      itemsPerCall: 2_048,
      tokensPerCall: 280_000,
      tokensPerItem: 8_191,
      requestsPerMinute: 3_000,
      tokensPerMinute: 1_000_000,
    },
    normalised: true,
    models: {
      'text-embedding-3-small': { dimensions: 1_536, shortens: true, usdPerMillionTokens: 0.02 },
      'text-embedding-3-large': { dimensions: 3_072, shortens: true, usdPerMillionTokens: 0.13 },
      'text-embedding-ada-002': { dimensions: 1_536, shortens: false, usdPerMillionTokens: 0.1 },
    },
  },
  cohere: {
    baseUrl: 'https://api.cohere.com',
    // 2,000 texts a minute are about 21 full calls.
    limits: { itemsPerCall: 96, tokensPerCall: 128_000, tokensPerItem: 128_000, requestsPerMinute: 21 },
    task: 'search_document',
    normalised: false,
    models: {
      'embed-v4.0': { dimensions: 1_536, shortens: true, usdPerMillionTokens: 0.12 },
    },
  },
  voyage: {
    baseUrl: 'https://api.voyageai.com/v1',
    limits: {
      itemsPerCall: 1_000,
      tokensPerCall: 110_000,
      tokensPerItem: 32_000,
      requestsPerMinute: 2_000,
      tokensPerMinute: 3_000_000,
    },
    task: 'document',
    normalised: true,
    models: {
      'voyage-4-large': { dimensions: 1_024, shortens: true, usdPerMillionTokens: 0.12 },
      'voyage-4': {
        dimensions: 1_024,
        shortens: true,
        usdPerMillionTokens: 0.06,
        limits: { tokensPerCall: 300_000, tokensPerMinute: 8_000_000 },
      },
      'voyage-4-lite': {
        dimensions: 1_024,
        shortens: true,
        usdPerMillionTokens: 0.02,
        limits: { tokensPerCall: 900_000, tokensPerMinute: 16_000_000 },
      },
      'voyage-3.5': {
        dimensions: 1_024,
        shortens: true,
        usdPerMillionTokens: 0.06,
        limits: { tokensPerCall: 300_000, tokensPerMinute: 8_000_000 },
      },
    },
  },
  gemini: {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    limits: {
      itemsPerCall: 100,
      tokensPerCall: 200_000,
      tokensPerItem: 2_048,
      requestsPerMinute: 3_000,
      tokensPerMinute: 1_000_000,
    },
    task: 'RETRIEVAL_DOCUMENT',
    // Only answers of 3,072 dimensions have length 1.
    normalised: false,
    models: {
      'gemini-embedding-001': { dimensions: 3_072, shortens: true, usdPerMillionTokens: 0.15 },
    },
  },
  ollama: {
    baseUrl: 'http://127.0.0.1:11434',
    limits: { itemsPerCall: 128, tokensPerCall: 64_000 },
    normalised: true,
    models: {},
  },
} as const satisfies Record<string, KnownProvider>

export type KnownProviderName = keyof typeof knownProviders

/** What is known of a model; undefined for one that the table does not have. */
export function findKnownModel(provider: KnownProviderName, model: string): KnownModel | undefined {
  const models: Readonly<Record<string, KnownModel>> = knownProviders[provider].models
  return Object.hasOwn(models, model) ? models[model] : undefined
}
