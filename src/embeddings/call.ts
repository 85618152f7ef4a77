import { classifyBroken, classifyRefusal } from './failure.ts'
import type { CallFailure } from './failure.ts'
import { parseRateNews } from './rate-news.ts'
import type { RateNews } from './rate-news.ts'

/** A vector as a provider sent it. */
export type RawVector = ArrayLike<number>

/** The vectors of an answer by the place of their text, and the tokens that were charged where it says so. */
export interface ParsedAnswer {
  readonly vectors: readonly (RawVector | undefined)[]
  readonly tokens?: number | undefined
}

/** What became of one call. */
export type CallOutcome = (ParsedAnswer | { readonly failure: CallFailure }) & { readonly news: RateNews }

/** Exactly one call to a provider, with all these texts; resolves to a failure rather than rejecting. */
export type EmbeddingCall = (texts: readonly string[]) => Promise<CallOutcome>

/** How one provider is spoken to. */
export interface EmbeddingProtocol {
  readonly provider: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The body of a call, as plain data. */
  request(texts: readonly string[]): unknown
  /** Reads the answer's JSON; may throw for what it does not know. */
  parse(answer: unknown, texts: readonly string[]): ParsedAnswer
}

export interface HttpCallOptions {
  readonly protocol: EmbeddingProtocol
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds an answer may take. Default two minutes. */
  readonly timeout?: number | undefined
}

const noNews: RateNews = { requests: {}, tokens: {} }

/** Calls over HTTP. */
export function createHttpCall({
  protocol,
  fetch = globalThis.fetch,
  timeout = 120_000,
}: HttpCallOptions): EmbeddingCall {
  const { provider, url, headers } = protocol
  return async (texts) => {
    let news = noNews
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(protocol.request(texts)),
        signal: AbortSignal.timeout(timeout),
      })
      news = parseRateNews(response.headers)
      const body = await response.text()
      if (!response.ok) return { failure: classifyRefusal({ provider, status: response.status, body }), news }
      return { ...parseAnswer(protocol, body, texts), news }
    } catch (cause) {
      return { failure: classifyBroken(provider, cause), news }
    }
  }
}

function parseAnswer(
  protocol: EmbeddingProtocol,
  body: string,
  texts: readonly string[],
): ParsedAnswer | { readonly failure: CallFailure } {
  try {
    return protocol.parse(JSON.parse(body), texts)
  } catch {
    // Its message would quote the answer.
    return { failure: unreadable(protocol.provider) }
  }
}

function unreadable(provider: string): CallFailure {
  return { kind: 'again', why: `${provider} sent an answer that cannot be read`, charged: true, answered: true }
}

/** The floats of a base64 text, four bytes each, little end first. */
export function decodeFloats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64')
  const floats = new Float32Array(Math.floor(bytes.length / 4))
  for (let at = 0; at < floats.length; at++) floats[at] = bytes.readFloatLE(at * 4)
  return floats
}
