import type { Clock } from '../kernel/clock.ts'
import type { CallOutcome } from './call.ts'
import { createCallingEmbedder } from './calling-embedder.ts'
import { defineModel } from './embedder.ts'
import type { Embedder, EmbeddingLimits } from './embedder.ts'
import { classifyBroken, classifyRefusal } from './failure.ts'
import type { EmbeddingPace } from './pace.ts'
import { parseRateNews } from './rate-news.ts'

/** What an embedding model of the AI SDK (versions 5 and 6) is to us; the package itself is not needed. */
export interface AiSdkEmbeddingModel {
  readonly provider: string
  readonly modelId: string
  readonly maxEmbeddingsPerCall?: number | undefined | PromiseLike<number | undefined>
  doEmbed(options: {
    values: string[]
    abortSignal?: AbortSignal
    providerOptions?: Readonly<Record<string, unknown>>
  }): PromiseLike<{
    readonly embeddings: readonly (readonly number[])[]
    readonly usage?: { readonly tokens: number } | undefined
    readonly response?: { readonly headers?: Readonly<Record<string, string | undefined>> | undefined } | undefined
  }>
}

export interface AiSdkOptions {
  readonly dimensions: number
  /** Given to the model with each call, as `{ openai: { dimensions: 1024 } }`. */
  readonly providerOptions?: Readonly<Record<string, unknown>> | undefined
  /** Names the task that `providerOptions` ask for: part of the model's key. */
  readonly task?: string | undefined
  readonly limits?: Partial<EmbeddingLimits> | undefined
  /** Dollars for a million tokens. */
  readonly price?: number | undefined
  /** Divide answers by their length. */
  readonly normalise?: boolean | undefined
  readonly callsAtOnce?: number | undefined
  readonly timeout?: number | undefined
  readonly pace?: EmbeddingPace | undefined
  readonly clock?: Clock | undefined
}

/** Where a model does not say: what the strictest provider takes. */
const cautious: EmbeddingLimits = { itemsPerCall: 96, tokensPerCall: 100_000 }

/** An AI SDK embedding model under our batching, pace, isolation of failures and checks. */
export function fromAiSdk(model: AiSdkEmbeddingModel, options: AiSdkOptions): Embedder {
  const { dimensions, task, normalise = false, price, timeout = 120_000, providerOptions } = options
  const most = typeof model.maxEmbeddingsPerCall === 'number' ? { itemsPerCall: model.maxEmbeddingsPerCall } : {}
  return createCallingEmbedder({
    ...options,
    model: defineModel({
      provider: model.provider,
      model: model.modelId,
      dimensions,
      normalised: normalise,
      ...(task === undefined ? {} : { task }),
    }),
    terms: { limits: { ...cautious, ...most, ...options.limits }, usdPerMillionTokens: price },
    async call(texts) {
      const abortSignal = AbortSignal.timeout(timeout)
      try {
        const answer = await model.doEmbed({
          values: [...texts],
          abortSignal,
          ...(providerOptions === undefined ? {} : { providerOptions }),
        })
        const news = parseRateNews(headersOf(answer.response?.headers))
        return { vectors: answer.embeddings, tokens: answer.usage?.tokens, news }
      } catch (error) {
        return failureOf(model.provider, error)
      }
    },
  })
}

/** Errors of the SDK are known by their shape; they hold what was sent, so nothing of them is shown but status and code. */
function failureOf(provider: string, error: unknown): CallOutcome {
  const { statusCode, responseBody, responseHeaders } =
    typeof error === 'object' && error !== null ? fieldsOf(error) : {}
  const news = parseRateNews(headersOf(responseHeaders))
  if (typeof statusCode !== 'number' || statusCode < 400) return { failure: classifyBroken(provider, error), news }
  const body = typeof responseBody === 'string' ? responseBody : ''
  return { failure: classifyRefusal({ provider, status: statusCode, body }), news }
}

function fieldsOf(error: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    ['statusCode', 'responseBody', 'responseHeaders'].map((name) => [name, Reflect.get(error, name) as unknown]),
  )
}

function headersOf(given: unknown): Headers {
  const headers = new Headers()
  if (typeof given !== 'object' || given === null) return headers
  for (const [name, value] of Object.entries(given)) if (typeof value === 'string') headers.set(name, value)
  return headers
}
