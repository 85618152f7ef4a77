import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { AiSdkEmbeddingModel } from '../src/embeddings/ai-sdk.ts'
import { embedPages } from '../src/embeddings/embed-pages.ts'
import type { EmbeddersConfig } from '../src/embeddings/embedder-config.ts'
import type { Embedder } from '../src/embeddings/embedder.ts'
import { loadTokenCounter } from '../src/embeddings/tokenizer.ts'
import { openRunEmbedder } from '../src/ledger/run-embedder.ts'
import { ensureLedger } from '../src/ledger/schema.ts'
import { createPgliteTables } from '../src/stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../src/stores/tables.ts'
import { startMockProvider } from '../test/embeddings/mock-provider.ts'
import type { MockProvider } from '../test/embeddings/mock-provider.ts'
import { createCorpus, leastOf } from './measuring/corpus.ts'
import { installPeers } from './measuring/peers.ts'
import { renderTable } from './measuring/table.ts'

const { values } = parseArgs({
  options: {
    texts: { type: 'string', default: '20000' },
    page: { type: 'string', default: '200' },
    workers: { type: 'string', default: '4' },
    peers: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})
const [count, page, workers] = [values.texts, values.page, values.workers].map(Number) as [number, number, number]
const dimensions = 64
/** As OpenAI has them; the product stays at 280,000 tokens, by its own choice. */
const caps = { items: 2_048, tokens: 300_000, tokensPerItem: 8_191 }
const packed = { items: caps.items, tokens: 280_000 }
const countTokens = await loadTokenCounter()

interface Contender {
  readonly name: string
  run(provider: MockProvider, texts: readonly string[]): Promise<number>
}

/** The packages of the AI SDK as far as they are used here. */
interface AiSdk {
  embedMany(options: { model: unknown; values: readonly string[]; maxParallelCalls: number }): Promise<{
    embeddings: readonly unknown[]
  }>
  createOpenAI(options: { baseURL: string; apiKey: string }): { embedding(model: string): AiSdkEmbeddingModel }
}

/** Any vector of length 1: nobody looks at it here. */
function vectorOf(): Float32Array {
  const vector = new Float32Array(dimensions)
  vector[0] = 1
  return vector
}

/** Pages of texts, taken and embedded by so many workers at once, as a run takes rows. */
async function byPages(texts: readonly string[], embedder: Embedder): Promise<number> {
  let at = 0
  let embedded = 0
  async function* pages(): AsyncGenerator<{ readonly texts: readonly string[] }> {
    while (at < texts.length) yield { texts: texts.slice(at, (at += page)) }
  }
  const worker = async (): Promise<void> => {
    for await (const { answers } of embedPages(embedder, pages(), new AbortController().signal))
      embedded += answers.filter((answer) => 'vector' in answer).length
  }
  await Promise.all(Array.from({ length: workers }, worker))
  return embedded
}

function lockstep(
  name: string,
  tables: TableWriter,
  config: (provider: MockProvider) => EmbeddersConfig[string],
): Contender {
  let run = 0
  return {
    name,
    async run(provider, texts) {
      await tables.transaction((q) => q.script('truncate lockstep.embeddings, lockstep.budgets'))
      const embedders = { own: config(provider) }
      const embedder = openRunEmbedder({ tables, embedders, env: {}, run: `${name} ${++run}` }, 'own')
      return byPages(texts, embedder)
    },
  }
}

/** The loop that most would write: one call a text, some at once. */
const naive: Contender = {
  name: 'a call a text',
  async run(provider, texts) {
    const left = [...texts]
    let embedded = 0
    const worker = async (): Promise<void> => {
      for (let text = left.pop(); text !== undefined; text = left.pop()) {
        const response = await fetch(`${provider.baseUrl}/embeddings`, {
          method: 'POST',
          headers: { authorization: `Bearer ${provider.apiKey}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'text-embedding-3-small', input: [text] }),
        })
        const { data } = (await response.json()) as { data?: readonly unknown[] }
        embedded += data?.length ?? 0
      }
    }
    await Promise.all(Array.from({ length: 16 }, worker))
    return embedded
  },
}

const embedMany = ({ embedMany, createOpenAI }: AiSdk): Contender => ({
  name: 'embedMany',
  async run(provider, texts) {
    const model = createOpenAI({ baseURL: provider.baseUrl, apiKey: provider.apiKey }).embedding(
      'text-embedding-3-small',
    )
    const { embeddings } = await embedMany({ model, values: texts, maxParallelCalls: 8 })
    return embeddings.length
  },
})

async function measure(contender: Contender, texts: readonly string[]): Promise<readonly string[]> {
  const provider = await startMockProvider({
    dimensions,
    caps,
    countTokens,
    vectorOf,
    apiKey: 'bench-key',
    latency: [20, 60],
  })
  try {
    const started = performance.now()
    const embedded = await contender.run(provider, texts)
    const seconds = (performance.now() - started) / 1000
    if (embedded !== texts.length) throw new Error(`${contender.name} embedded ${embedded} of ${texts.length} texts`)
    const least = leastOf(texts, countTokens, packed)
    const { requests, tokens } = provider.statistics
    return [
      contender.name,
      String(requests),
      String(least.calls),
      (requests / least.calls).toFixed(2),
      (tokens / least.tokens).toFixed(2),
      seconds.toFixed(1),
    ]
  } finally {
    await provider.stop()
  }
}

const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
const tables = await createPgliteTables({})
try {
  await ensureLedger(tables)
  const limits = { itemsPerCall: packed.items, tokensPerCall: packed.tokens }
  const contenders: Contender[] = [
    naive,
    lockstep('lockstep', tables, ({ baseUrl, apiKey }) => {
      return {
        provider: 'openai-compatible',
        model: 'text-embedding-3-small',
        dimensions,
        baseUrl,
        apiKey,
        price: 1,
        limits,
      }
    }),
  ]
  if (values.peers && installPeers(folder, ['ai', '@ai-sdk/openai', 'zod']).length === 3) {
    const load = createRequire(join(folder, 'package.json'))
    const sdk = { ...(load('ai') as object), ...(load('@ai-sdk/openai') as object) } as AiSdk
    contenders.push(
      embedMany(sdk),
      lockstep('lockstep over the AI SDK', tables, ({ baseUrl, apiKey }) => {
        const model = sdk.createOpenAI({ baseURL: baseUrl, apiKey }).embedding('text-embedding-3-small')
        return { provider: 'ai-sdk', model, dimensions, price: 1, limits }
      }),
    )
  }
  for (const share of [0, 0.3, 0.7]) {
    const texts = createCorpus(count, share)
    const rows: (readonly string[])[] = []
    const wanted = values.only?.split(',') ?? contenders.map(({ name }) => name)
    for (const contender of contenders.filter(({ name }) => wanted.includes(name))) {
      rows.push(await measure(contender, texts))
    }
    console.log(`\n${count} texts, ${share * 100} % of them repeat another; pages of ${page}, ${workers} workers:\n`)
    console.log(renderTable(['', 'calls', 'fewest', 'of the fewest', 'tokens, of unique ones', 'seconds'], rows))
  }
} finally {
  await tables.close()
  rmSync(folder, { recursive: true })
}
