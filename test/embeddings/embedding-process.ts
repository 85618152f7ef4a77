import { createHash } from 'node:crypto'
import { ensureLedger } from '../../src/ledger/schema.ts'
import { openRunEmbedder } from '../../src/ledger/run-embedder.ts'
import { createPgliteTables } from '../../src/stores/pglite/pglite-tables.ts'

/** Embeds texts 0 to COUNT as a run would, and prints a checksum of the vectors: made to be killed. */
const [folder = '', baseUrl = '', count = '0'] = process.argv.slice(2)
const tables = await createPgliteTables({ folder })
await ensureLedger(tables)
const own = {
  provider: 'openai-compatible',
  model: 'm',
  dimensions: 16,
  baseUrl,
  apiKey: 'test-key',
  price: 1,
  callsAtOnce: 3,
  limits: { itemsPerCall: 10 },
} as const
const embedder = openRunEmbedder({ tables, embedders: { own }, env: {}, run: 'killed' }, 'own')
const texts = Array.from({ length: Number(count) }, (_, n) => `note number ${n}, in a few words more`)
const answers = await embedder.embed(texts, {})
const hash = createHash('sha256')
for (const answer of answers) hash.update('vector' in answer ? Buffer.from(answer.vector.buffer) : 'failed')
const [spent] = await tables.read((q) => q.query('select tokens from lockstep.embedding_spend'))
console.log(JSON.stringify({ checksum: hash.digest('hex'), spent: spent?.['tokens'] }))
await tables.close()
