import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { loadTokenCounter } from '../src/embeddings/tokenizer.ts'
import { startMockProvider } from '../test/embeddings/mock-provider.ts'
import type { MockProvider } from '../test/embeddings/mock-provider.ts'
import { lockstep, succeed } from '../test/torture/processes.ts'
import { createCorpus, leastOf } from './measuring/corpus.ts'
import { startFleetStores } from './measuring/stores.ts'
import { renderTable } from './measuring/table.ts'

const { values } = parseArgs({
  options: {
    tenants: { type: 'string', default: '500' },
    rows: { type: 'string', default: '40' },
    dimensions: { type: 'string', default: '64' },
    shares: { type: 'string', default: '0,0.3,0.7' },
  },
})
const [tenants, rows, dimensions] = [values.tenants, values.rows, values.dimensions].map(Number) as [
  number,
  number,
  number,
]
const caps = { items: 2_048, tokens: 300_000, tokensPerItem: 8_191 }
const packed = { items: caps.items, tokens: 280_000 }
/** Texts of a table that verification asks for at once. */
const probed = 7
const countTokens = await loadTokenCounter()
const project = `bench-embeddings-${Date.now()}`
const tableOf = (tenant: number): string => `notes_${tenant}`

const config = ({ baseUrl, apiKey }: MockProvider): string => `export default {
  environments: {
    local: { kind: 'local', firestore: { projectId: '${project}' }, postgres: { url: { env: 'DATABASE_URL' } } },
  },
  embedders: { large: { provider: 'openai-compatible', model: 'large', dimensions: ${dimensions}, baseUrl: '${baseUrl}', apiKey: '${apiKey}',
    price: 1, limits: { itemsPerCall: ${packed.items}, tokensPerCall: ${packed.tokens} } } },
  tenants: { source: { from: 'sql', sql: 'select uid from users' }, key: 'plain', tables: { notes: 'notes_{key}' } },
}
`
const migration = `import { defineMigration, postgres, tenants } from 'lockstep'

export default defineMigration({
  summary: 'embeddings of another model',
  steps: [postgres.resizeEmbeddings(tenants('notes'), { column: 'embedding', from: 'content', embedder: 'large', dimensions: ${dimensions} })],
})
`

/** Many small tables, among which the corpus is dealt out. */
async function seedTables(url: string, texts: readonly string[]): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(
    `create extension vector; create table users (uid text primary key); insert into users select generate_series(1, ${tenants})`,
  )
  for (let tenant = 1; tenant <= tenants; tenant++) {
    const name = tableOf(tenant)
    await client.query(`create table ${name} (id int primary key, content text, embedding vector(8))`)
    const own = texts.slice((tenant - 1) * rows, tenant * rows)
    await client.query(`insert into ${name} select n, text, null from unnest($1::text[]) with ordinality u(text, n)`, [
      own,
    ])
  }
  await client.end()
}

const vector = new Float32Array(dimensions)
vector[0] = 1
const stores = await startFleetStores()
const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
mkdirSync(join(folder, 'migrations'))
writeFileSync(join(folder, 'migrations', '20261123093000_other_model.ts'), migration)
const lines: string[][] = []
try {
  for (const share of values.shares.split(',').map(Number)) {
    const texts = createCorpus(tenants * rows, share)
    const { url, drop } = await stores.createDatabase()
    await seedTables(url, texts)
    const provider = await startMockProvider({
      dimensions,
      caps,
      countTokens,
      vectorOf: () => vector,
      latency: [20, 60],
    })
    writeFileSync(join(folder, 'lockstep.config.ts'), config(provider))
    const env = { DATABASE_URL: url, FIRESTORE_EMULATOR_HOST: stores.host, GOOGLE_CLOUD_PROJECT: project, CI: 'true' }
    const started = performance.now()
    await succeed(lockstep(['up'], folder, env))
    const seconds = (performance.now() - started) / 1000
    await provider.stop()
    await drop()
    const least = leastOf(texts, countTokens, packed)
    const { sizes, tokens } = provider.statistics
    // Verification embeds some texts of some tables anew; those are no part of the fill.
    const requests = sizes.filter((size) => size !== probed).length
    lines.push([
      `${share * 100} %`,
      ...[requests, least.calls, sizes.length - requests].map(String),
      ...[requests / least.calls, tokens / least.tokens].map((ratio) => ratio.toFixed(2)),
      seconds.toFixed(1),
    ])
  }
} finally {
  await stores.stop()
  rmSync(folder, { recursive: true })
}
console.log(`\n${tenants} tables of ${rows} rows, ${dimensions} dimensions, lockstep up:\n`)
console.log(
  renderTable(['repeats', 'calls', 'fewest', 'to verify', 'of the fewest', 'tokens, of unique ones', 'seconds'], lines),
)
