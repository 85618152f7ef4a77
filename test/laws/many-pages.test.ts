import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../src/kernel/clock.ts'
import { unsettledPages } from '../../src/archive/pre-image-store.ts'
import { insertRun } from '../../src/ledger/runs.ts'
import { ensureLedger } from '../../src/ledger/schema.ts'
import { insertShards } from '../../src/ledger/shards.ts'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import type { FirestoreServer } from '../../src/local/firestore/server.ts'
import { parsePattern } from '../../src/operations/collection-pattern.ts'
import { rewriteDocuments } from '../../src/operations/document-pages.ts'
import { defineDocumentOperation } from '../../src/operations/operation.ts'
import type { RunContext } from '../../src/run/run-context.ts'
import { createShardWorker } from '../../src/run/shard-worker.ts'
import type { Document, DocumentWriter, FieldChange } from '../../src/stores/documents.ts'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import { createFirestoreIndexes } from '../../src/stores/firestore/firestore-indexes.ts'
import { createPgliteTables } from '../../src/stores/pglite/pglite-tables.ts'
import type { IndexWriter } from '../../src/stores/indexes.ts'
import type { TableWriter } from '../../src/stores/tables.ts'
import { createDirectEngine } from './direct-engine.ts'
import { createMortal } from './crashing-stores.ts'
import type { CrashPoint } from './crashing-stores.ts'

/** Several pages are on their way at once, and one of 100 documents ends the shard. */
const count = 2_600
const shard = 'r/0/backfill/0/0'
const crashTries = Number(process.env['LOCKSTEP_CRASH_TRIES'] ?? 10)
const pattern = parsePattern('Prices/{id}')

/** Dollars to cents, with nothing in the document to tell whether it was done: twice is a hundred times too much. */
const toCents = defineDocumentOperation<null>({
  kind: 'toCents',
  meta: { summary: '', phases: ['backfill'], destructive: false },
  parse: () => null,
  plan: () => Promise.reject(new Error('not planned here')),
  remaining: async () => [],
  apply: (work, hands) => rewriteDocuments(work, hands, { pattern, fields: [['price']], change: hundredfold }),
  // eslint-disable-next-line require-yield
  verify: async function* () {
    return { checked: 0, what: '' }
  },
})

function hundredfold({ fields }: Document): readonly FieldChange[] {
  const price = fields['price']
  return price !== undefined && 'integerValue' in price
    ? [{ path: ['price'], value: { integerValue: `${price.integerValue}00` } }]
    : []
}

let server: FirestoreServer
let documents: DocumentWriter
let tables: TableWriter
let indexes: IndexWriter
beforeAll(async () => {
  server = await createFirestoreServer()
  documents = await createFirestoreDocuments({ projectId: 'demo-pages', emulatorHost: server.host })
  tables = await createPgliteTables({})
  const { target } = documents
  indexes = createFirestoreIndexes({ projectId: 'demo-pages', target, root: '.', file: 'none.json', create: false })
})
afterAll(async () => {
  await documents.close()
  await tables.close()
  await server.close()
})
beforeEach(fill)

async function fill(): Promise<void> {
  await server.reset('demo-pages')
  await tables.transaction((q) => q.script('drop schema if exists lockstep cascade'))
  await documents.write(
    Array.from({ length: count }, (_, n) => ({
      op: 'put' as const,
      name: `Prices/${String(n).padStart(5, '0')}`,
      fields: { price: { integerValue: String(n + 1) } },
      expect: { exists: false },
    })),
  )
  await ensureLedger(tables)
  await tables.transaction(async (q) => {
    await insertRun(q, {
      id: 'r',
      migration: 'm',
      checksum: '',
      plan: {},
      actor: '',
      steps: [{ kind: 'toCents', memo: null }],
    })
    await insertShards(q, {
      run: 'r',
      step: 0,
      round: 0,
      shards: [{ phase: 'backfill', stage: 0, scope: {}, estimate: count }],
    })
  })
}

/** One attempt of a new process at the shard; returns how often it wrote. */
async function attempt(point?: CrashPoint): Promise<number> {
  const mortal = createMortal({ documents, tables, indexes }, point)
  const context: RunContext = {
    documents: mortal.documents,
    tables: mortal.tables,
    indexes,
    clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 5), signal) },
    look: () => ({ documents, tables, indexes, fleet: () => Promise.reject(new Error('no tenants here')) }),
    embedder: () => Promise.reject(new Error('no embedders here')),
    createEngine: createDirectEngine,
    mostWrites: undefined,
    concurrency: 1,
    writeBoth: false,
    graceSeconds: 0,
    actor: '',
    listener: () => {},
    history: undefined,
    pause: () => {},
    run: 'r',
    migration: 'm',
    owner: `owner ${Math.random()}`,
    steps: [{ operation: toCents, spec: null, memo: null }],
    pausing: new AbortController().signal,
    emit: () => {},
    flush: () => Promise.resolve(),
  }
  const worker = createShardWorker(context, () => {})
  const crashed = await worker(shard, new AbortController().signal).then(
    () => false,
    () => true,
  )
  expect(crashed).toBe(point !== undefined && mortal.writes() >= point.write)
  await tables.transaction((q) =>
    q.script("update lockstep.shards set owner = null, state = 'pending' where state <> 'done'"),
  )
  return mortal.writes()
}

async function wrongPrices(): Promise<readonly string[]> {
  const wrong: string[] = []
  let found = 0
  for await (const { name, fields } of documents.scan(pattern.scope, {})) {
    const expected = `${Number(name.slice(-5)) + 1}00`
    if (JSON.stringify(fields['price']) !== JSON.stringify({ integerValue: expected }))
      wrong.push(`${name}: ${JSON.stringify(fields['price'])}`)
    found++
  }
  expect(found).toBe(count)
  return wrong
}

it(
  'a shard of many pages that crashes twice, anywhere, converts every document exactly once',
  { timeout: 600_000 },
  async () => {
    const writes = await attempt()
    expect(await wrongPrices()).toEqual([])
    // Whole numbers: fast-check draws most of its fractions from close to 0, which would be the first write every time.
    const point = (first: number, last: number) =>
      fc.record({
        write: fc.integer({ min: first, max: last }),
        when: fc.constantFrom('before' as const, 'after' as const),
      })
    const twice = fc.asyncProperty(point(2, writes), point(2, 6), async (first, second) => {
      await fill()
      await attempt(first)
      await attempt(second)
      await attempt()
      expect(await wrongPrices()).toEqual([])
      const [row] = await tables.read((q) => q.query('select state, changed + skipped as settled from lockstep.shards'))
      expect(row).toMatchObject({ state: 'done' })
      expect(await unsettledPages(tables, { shard })).toEqual([])
    })
    await fc.assert(twice, { numRuns: crashTries, seed: 20_261_122, endOnFailure: true })
  },
)
