import { expect, test } from 'vitest'
import { fromAiSdk } from './ai-sdk.ts'
import type { AiSdkEmbeddingModel } from './ai-sdk.ts'
import { createCohereEmbedder } from './cohere.ts'
import type { Embedder } from './embedder.ts'
import { createGeminiEmbedder } from './gemini.ts'
import { createOllamaEmbedder } from './ollama.ts'
import { createOpenAiEmbedder } from './openai.ts'
import type { ProviderOptions } from './provider-embedder.ts'
import { createVoyageEmbedder } from './voyage.ts'

interface Asked {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

const base64 = (...values: readonly number[]): string =>
  Buffer.from(Float32Array.from(values).buffer).toString('base64')

/** A provider that answers each call with this body, and notes what it was asked. */
function answering(body: unknown, status = 200): { readonly options: ProviderOptions; readonly asked: Asked[] } {
  const asked: Asked[] = []
  const fetch: typeof globalThis.fetch = async (url, init) => {
    asked.push({
      url: url instanceof Request ? url.url : url.toString(),
      headers: Object.fromEntries(new Headers(init?.headers)),
      body: JSON.parse(init?.body as string) as Asked['body'],
    })
    return Response.json(body, { status })
  }
  const options = {
    provider: 'openai',
    model: 'text-embedding-3-small',
    dimensions: 2,
    baseUrl: 'https://api.example.org',
    apiKey: 'k',
    task: 'document',
    terms: { limits: { itemsPerCall: 10, tokensPerCall: 1_000 }, usdPerMillionTokens: 1 },
    normalised: true,
    fetch,
  }
  return { options, asked }
}

const indexed = {
  data: [
    { index: 1, embedding: base64(0, 1) },
    { index: 0, embedding: [1, 0] },
  ],
  usage: { total_tokens: 4 },
}
const plain = [
  [1, 0],
  [0, 1],
]

const providers: readonly [string, (options: ProviderOptions) => Embedder, unknown, Partial<Asked>][] = [
  [
    'OpenAI',
    createOpenAiEmbedder,
    indexed,
    {
      url: 'https://api.example.org/embeddings',
      headers: { authorization: 'Bearer k' },
      body: { model: 'text-embedding-3-small', input: ['a', 'b'], encoding_format: 'base64', dimensions: 2 },
    },
  ],
  [
    'Azure with a version',
    (options) => createOpenAiEmbedder({ ...options, provider: 'azure', apiVersion: '2024-10-21' }),
    indexed,
    {
      url: 'https://api.example.org/openai/deployments/text-embedding-3-small/embeddings?api-version=2024-10-21',
      headers: { 'api-key': 'k' },
    },
  ],
  [
    'Cohere',
    createCohereEmbedder,
    { embeddings: { float: plain }, meta: { billed_units: { input_tokens: 4 } } },
    {
      url: 'https://api.example.org/v2/embed',
      body: {
        model: 'text-embedding-3-small',
        texts: ['a', 'b'],
        input_type: 'document',
        embedding_types: ['float'],
        output_dimension: 2,
        truncate: 'NONE',
      },
    },
  ],
  [
    'Voyage',
    createVoyageEmbedder,
    indexed,
    {
      url: 'https://api.example.org/embeddings',
      body: {
        model: 'text-embedding-3-small',
        input: ['a', 'b'],
        input_type: 'document',
        output_dimension: 2,
        encoding_format: 'base64',
        truncation: false,
      },
    },
  ],
  [
    'Gemini',
    createGeminiEmbedder,
    { embeddings: plain.map((values) => ({ values })) },
    {
      url: 'https://api.example.org/models/text-embedding-3-small:batchEmbedContents',
      headers: { 'x-goog-api-key': 'k' },
      body: {
        requests: ['a', 'b'].map((text) => ({
          model: 'models/text-embedding-3-small',
          content: { parts: [{ text }] },
          taskType: 'document',
          outputDimensionality: 2,
        })),
      },
    },
  ],
  [
    'Ollama',
    createOllamaEmbedder,
    { embeddings: plain, prompt_eval_count: 4 },
    {
      url: 'https://api.example.org/api/embed',
      body: { model: 'text-embedding-3-small', input: ['documenta', 'documentb'], truncate: false },
    },
  ],
]

test.each(providers)('%s is asked as it wants to be, and its answer is read', async (_, create, body, expected) => {
  const { options, asked } = answering(body)
  const answers = await create(options).embed(['a', 'b'], {})
  expect(answers).toEqual([{ vector: Float32Array.of(1, 0) }, { vector: Float32Array.of(0, 1) }])
  expect(asked).toMatchObject([expected])
  if (expected.body !== undefined) expect(asked[0]?.body).toEqual(expected.body)
})

test('a refusal never shows what was sent, even where the provider repeats it', async () => {
  const { options } = answering({ error: { message: 'cannot embed "private note"', code: 'private note' } }, 404)
  const problem = await createVoyageEmbedder(options)
    .embed(['private note'], {})
    .catch((error: unknown) => error)
  expect(problem).toMatchObject({ code: 'LS-3014' })
  expect(JSON.stringify([problem, String(problem)])).not.toContain('private')
})

function sdkModel(doEmbed: AiSdkEmbeddingModel['doEmbed']): AiSdkEmbeddingModel {
  return { provider: 'acme.embedding', modelId: 'm1', maxEmbeddingsPerCall: 2, doEmbed }
}
const instant = { now: () => 0, sleep: () => Promise.resolve() }

test('a model of the AI SDK is called with its own caps and options', async () => {
  const calls: { values: string[]; providerOptions?: unknown }[] = []
  const model = sdkModel(async (given) => {
    calls.push(given)
    return { embeddings: given.values.map((text) => [text.length, 0]), usage: { tokens: 1 } }
  })
  const embedder = fromAiSdk(model, {
    dimensions: 2,
    normalise: true,
    providerOptions: { acme: { dimensions: 2 } },
    price: 1,
  })
  expect(await embedder.embed(['a', 'bb', 'ccc'], {})).toEqual(Array(3).fill({ vector: Float32Array.of(1, 0) }))
  expect(calls.map(({ values }) => values.length).toSorted()).toEqual([1, 2])
  expect(calls[0]).toMatchObject({ providerOptions: { acme: { dimensions: 2 } }, abortSignal: expect.any(AbortSignal) })
  expect(embedder.model).toMatchObject({ provider: 'acme.embedding', model: 'm1' })
})

test('errors of the AI SDK are waited out, or stop, as those of our own calls', async () => {
  let turn = 0
  const error = (statusCode: number, code: string): Error =>
    Object.assign(new Error('private note'), {
      statusCode,
      responseBody: JSON.stringify({ error: { code } }),
      responseHeaders: {},
    })
  const flaky = sdkModel(async ({ values }) => {
    if (turn++ === 0) throw error(429, 'rate_limit_exceeded')
    if (turn++ === 2) throw new TypeError('fetch failed')
    return { embeddings: values.map(() => [1, 0]) }
  })
  expect(await fromAiSdk(flaky, { dimensions: 2, clock: instant }).embed(['a'], {})).toHaveLength(1)
  const broke = sdkModel(async () => {
    throw error(429, 'insufficient_quota')
  })
  const problem = fromAiSdk(broke, { dimensions: 2, clock: instant }).embed(['a'], {})
  await expect(problem).rejects.toMatchObject({ code: 'LS-3011', message: expect.not.stringContaining('private') })
})
