import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLocalEmbedder } from '../../src/embeddings/local-embedder.ts'
import { createRandom } from '../torture/seeded.ts'

/** What the next calls meet, one each, before anything that happens by chance. */
export type Mishap =
  | 'rate-limit'
  | 'quota'
  | 'bad-key'
  | 'server-error'
  | 'bad-request'
  /** The connection is cut before the call is looked at. */
  | 'reset'
  /** The connection is cut after the call was done and charged. */
  | 'reset-paid'
  | 'one-answer-less'
  | 'not-a-number'
  | 'wrong-dimensions'
  | 'not-normalised'
  | 'not-json'

export interface MockProviderOptions {
  readonly dimensions: number
  /** The key that is asked for. Default `test-key`. */
  readonly apiKey?: string
  readonly seed?: number
  /** Default: a quarter of the bytes. */
  readonly countTokens?: (text: string) => number
  /** Default: those of the local embedder, so that vectors tell which text they are of. */
  readonly vectorOf?: (text: string) => Float32Array
  /** Fixed windows from the start of the server on; a call that crosses a limit is refused with 429. */
  readonly limits?: { readonly requests: number; readonly tokens: number; readonly windowMs: number }
  /** Caps of one call; above `tokens` and `items` the whole call is refused, above `tokensPerItem` as well. */
  readonly caps?: { readonly items: number; readonly tokens: number; readonly tokensPerItem: number }
  /** Tokens that the account may still spend; then `insufficient_quota`. */
  readonly quota?: number
  /** Each answer takes between these milliseconds. */
  readonly latency?: readonly [number, number]
  /** How often, from 0 to 1, a call meets each of these. */
  readonly chances?: Partial<Record<Mishap | 'wrong-order', number>>
  /** Texts that make the provider refuse the whole call. */
  readonly refuses?: (text: string) => boolean
}

export interface MockStatistics {
  /** Calls of any outcome. */
  requests: number
  /** Calls that were answered with vectors. */
  answered: number
  /** Tokens that were charged. */
  tokens: number
  /** Calls refused for a rate limit. */
  rateLimited: number
  /** The most calls at once. */
  mostAtOnce: number
  /** Tokens that were charged for answers of no use, or that nobody waited for any more. */
  wasted: number
  /** Tokens of the largest call that was answered. */
  largest: number
  /** Texts of each call that was answered. */
  readonly sizes: number[]
  /** How often each text was charged for. */
  readonly paid: Map<string, number>
  /** The texts of each call that was charged for and answered in full. */
  readonly useful: (readonly string[])[]
}

export interface MockProvider {
  /** With `/v1`, as clients of OpenAI take it. */
  readonly baseUrl: string
  readonly apiKey: string
  readonly statistics: MockStatistics
  /** What the next calls meet, one each, in this order. */
  meet(...mishaps: readonly Mishap[]): void
  /** Calls that come from now on wait for the function that is returned. */
  hold(): () => void
  /** Resolves when so many calls have come in all. */
  called(times: number): Promise<void>
  /** Resolves when no call is under way. */
  idle(): Promise<void>
  /** What a text counts. */
  countTokens(text: string): number
  /** Changes what the account may still spend. */
  setQuota(tokens: number): void
  stop(): Promise<void>
}

interface Call {
  readonly input: readonly string[]
  readonly encoding_format?: string
}

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

const error = (status: number, code: string, message: string, headers = {}): Answer => {
  return { status, headers, body: { error: { message, type: code, code } } }
}

/**
 * A provider of embeddings as OpenAI speaks, on 127.0.0.1: keys, caps, rate limits in windows with their headers, quota,
 * and mishaps asked for or by a seeded chance. Counts what it was asked and what it charged for.
 */
export async function startMockProvider(options: MockProviderOptions): Promise<MockProvider> {
  const { dimensions, apiKey = 'test-key', seed = 1 } = options
  const countTokens = options.countTokens ?? ((text: string) => Math.ceil(Buffer.byteLength(text) / 4))
  const local = createLocalEmbedder({ dimensions })
  const random = createRandom(seed)
  const statistics: MockStatistics = {
    requests: 0,
    answered: 0,
    tokens: 0,
    rateLimited: 0,
    mostAtOnce: 0,
    wasted: 0,
    largest: 0,
    sizes: [],
    paid: new Map(),
    useful: [],
  }
  const mishaps: Mishap[] = []
  const watchers: { times: number; resolve: () => void }[] = []
  const started = Date.now()
  const window = { at: -1, requests: 0, tokens: 0 }
  let gate: Promise<void> = Promise.resolve()
  let atOnce = 0
  let quota = options.quota ?? Infinity

  async function vectorsOf(texts: readonly string[]): Promise<readonly Float32Array[]> {
    if (options.vectorOf !== undefined) return texts.map(options.vectorOf)
    const answers = await local.embed(texts, {})
    return answers.map((answer) => ('vector' in answer ? answer.vector : new Float32Array(dimensions)))
  }

  function rateHeaders(): Record<string, string> {
    if (options.limits === undefined) return {}
    const { requests, tokens, windowMs } = options.limits
    const left = `${windowMs - ((Date.now() - started) % windowMs)}ms`
    return {
      'x-ratelimit-limit-requests': String(requests),
      'x-ratelimit-limit-tokens': String(tokens),
      'x-ratelimit-remaining-requests': String(Math.max(0, requests - window.requests)),
      'x-ratelimit-remaining-tokens': String(Math.max(0, tokens - window.tokens)),
      'x-ratelimit-reset-requests': left,
      'x-ratelimit-reset-tokens': left,
    }
  }

  function limited(tokens: number): Answer | undefined {
    if (options.limits === undefined) return undefined
    const { windowMs } = options.limits
    const at = Math.floor((Date.now() - started) / windowMs)
    if (at !== window.at) Object.assign(window, { at, requests: 0, tokens: 0 })
    window.requests++
    if (window.requests <= options.limits.requests && window.tokens + tokens <= options.limits.tokens) {
      window.tokens += tokens
      return undefined
    }
    const wait = windowMs - ((Date.now() - started) % windowMs)
    return tooMany(wait)
  }

  function tooMany(wait: number): Answer {
    statistics.rateLimited++
    const headers = { 'retry-after-ms': String(wait), 'retry-after': String(Math.ceil(wait / 1000)) }
    return error(429, 'rate_limit_exceeded', 'rate limit reached', { ...rateHeaders(), ...headers })
  }

  function refusal({ input }: Call, mishap: string | undefined): Answer | undefined {
    switch (mishap) {
      case 'rate-limit':
        return tooMany(20)
      case 'quota':
        return error(429, 'insufficient_quota', 'the quota is used up')
      case 'bad-key':
        return error(401, 'invalid_api_key', 'the key is not right')
      case 'server-error':
        return error(503, 'server_error', 'overloaded')
      case 'bad-request':
        return error(400, 'invalid_request_error', 'a parameter is not known')
      default:
        return overCaps(input)
    }
  }

  function overCaps(input: readonly string[]): Answer | undefined {
    const tokens = input.map(countTokens)
    const sum = tokens.reduce((total, each) => total + each, 0)
    const { caps } = options
    if (caps !== undefined && input.length > caps.items) return error(400, 'invalid_request_error', 'array too long')
    if (caps !== undefined && tokens.some((each) => each > caps.tokensPerItem))
      return error(400, 'invalid_request_error', `maximum context length is ${caps.tokensPerItem} tokens`)
    if (caps !== undefined && sum > caps.tokens) return error(400, 'max_tokens_per_request', 'too many tokens')
    if (input.some((text) => text === '' || options.refuses?.(text) === true))
      return error(400, 'invalid_request_error', "'$.input' is invalid")
    if (sum > quota) return error(429, 'insufficient_quota', 'the quota is used up')
    return limited(sum)
  }

  async function answer(call: Call, mishap: string | undefined): Promise<Answer> {
    const refused = refusal(call, mishap)
    if (refused !== undefined) return refused
    const sum = call.input.reduce((total, text) => total + countTokens(text), 0)
    quota -= sum
    statistics.answered++
    statistics.tokens += sum
    statistics.sizes.push(call.input.length)
    statistics.largest = Math.max(statistics.largest, sum)
    if (mishap !== undefined && useless.has(mishap)) statistics.wasted += sum
    else statistics.useful.push(call.input)
    for (const text of call.input) statistics.paid.set(text, (statistics.paid.get(text) ?? 0) + 1)
    const data = (await vectorsOf(call.input)).map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: encode(spoilt(vector, index, mishap), call.encoding_format),
    }))
    if (mishap === 'one-answer-less') data.pop()
    if (mishap === 'wrong-order') data.sort((a, b) => ((a.index * 7919) % 13) - ((b.index * 7919) % 13))
    const usage = { prompt_tokens: sum, total_tokens: sum }
    return { status: 200, headers: rateHeaders(), body: { object: 'list', data, model: 'mock', usage } }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    statistics.requests++
    statistics.mostAtOnce = Math.max(statistics.mostAtOnce, ++atOnce)
    for (const watcher of watchers) if (statistics.requests >= watcher.times) watcher.resolve()
    try {
      await gate
      const mishap = mishaps.shift() ?? byChance()
      const [least, most] = options.latency ?? [0, 0]
      if (most > 0) await new Promise((resolve) => setTimeout(resolve, least + random() * (most - least)))
      if (mishap === 'reset') return void request.socket.destroy()
      if (request.headers.authorization !== `Bearer ${apiKey}`) return send(response, await answer(empty, 'bad-key'))
      if (request.url !== '/v1/embeddings') return send(response, error(404, 'not_found', 'no such path'))
      const reply = await answer(JSON.parse(Buffer.concat(parts).toString()) as Call, mishap)
      if (mishap === 'reset-paid') return void request.socket.destroy()
      if (mishap === 'not-json') return send(response, { status: 200, body: undefined })
      send(response, reply)
    } finally {
      atOnce--
    }
  }

  function byChance(): string | undefined {
    for (const [mishap, chance] of Object.entries(options.chances ?? {})) if (random() < chance) return mishap
    return undefined
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((problem: unknown) => response.destroy(problem as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    apiKey,
    statistics,
    meet: (...more) => void mishaps.push(...more),
    hold() {
      let release = (): void => {}
      gate = new Promise((resolve) => (release = resolve))
      return release
    },
    called: (times) =>
      new Promise((resolve) => {
        if (statistics.requests >= times) resolve()
        else watchers.push({ times, resolve })
      }),
    async idle() {
      while (atOnce > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    countTokens,
    setQuota: (tokens) => void (quota = tokens),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const empty: Call = { input: [] }

/** Charged, and to be asked for again. */
const useless: ReadonlySet<string> = new Set<Mishap>(['reset-paid', 'one-answer-less', 'not-json', 'not-a-number'])

function spoilt(vector: Float32Array, index: number, mishap: string | undefined): Float32Array {
  if (mishap === 'wrong-dimensions') return vector.slice(1)
  if (mishap === 'not-normalised') return vector.map((value) => value * 3)
  if (mishap === 'not-a-number' && index === 0) return vector.map(() => Number.NaN)
  return vector
}

function encode(vector: Float32Array, format: string | undefined): unknown {
  if (format === 'base64') return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
  return [...vector]
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body === undefined ? '<html>' : JSON.stringify(body))
}
