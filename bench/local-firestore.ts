import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findOfficialEmulator } from '../test/stores/official-emulator.ts'
import { addLanguage, idsOf, openRaw, sendAll, sendBatch } from './contenders/raw-firestore.mjs'
import type { DocumentsTask, Raw } from './contenders/raw-firestore.mjs'
import { checkDocuments, seedDocuments } from './measuring/documents.ts'
import { median, renderTable } from './measuring/table.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    documents: { type: 'string', default: '50000' },
  },
})
const count = Number(values.documents)
const reads = 2_000
const queries = 20

interface Started {
  readonly host: string
  stop(): Promise<void>
}

const findOurs = fileURLToPath(new URL('contenders/local-firestore.mjs', import.meta.url))

async function startOurs(): Promise<Started> {
  const child = spawn(process.execPath, [findOurs], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [host] = (await once(createInterface(child.stdout), 'line')) as [string]
  const stop = async (): Promise<void> => {
    child.kill()
    await once(child, 'exit')
  }
  return { host, stop }
}

type Seconds = Readonly<Record<string, number>>
type Load = (raw: Raw, task: DocumentsTask) => Promise<unknown>

const all = { from: [{ collectionId: 'Chats' }] }

/** Every document found; the stream is read to its end. */
async function countFound(raw: Raw, structuredQuery: object): Promise<number> {
  let found = 0
  const stream: AsyncIterable<{ readonly document?: object | null }> = raw.client.runQuery(
    { parent: raw.root, structuredQuery },
    raw.call,
  )
  for await (const { document } of stream) if (document) found++
  return found
}

async function readOne({ client, database, call }: Raw, name: string): Promise<void> {
  const stream: AsyncIterable<{ readonly found?: object | null }> = client.batchGetDocuments(
    { database, documents: [name] },
    call,
  )
  for await (const { found } of stream) if (!found) throw new Error(`${name} was not found`)
}

/** Names all over the collection, the same for everybody. */
function someNames({ nameOf }: Raw, task: DocumentsTask): readonly string[] {
  const ids = idsOf(task)
  return Array.from({ length: reads }, (_, at) => nameOf(ids[(at * 7_919) % ids.length] ?? ''))
}

function* inBatches(names: readonly string[]): Generator<ReturnType<typeof addLanguage>[]> {
  for (let at = 0; at < names.length; at += 500) yield names.slice(at, at + 500).map((name) => addLanguage(name))
}

const expecting = (found: number, wanted: number): void => {
  if (found !== wanted) throw new Error(`${found} documents in place of ${wanted}`)
}

/** In this order, on a server that has just been started. */
const loads: Readonly<Record<string, Load>> = {
  fill: (_, task) => seedDocuments(task),
  backfill: (raw, task) => sendAll(inBatches(idsOf(task).map(raw.nameOf)), (writes) => sendBatch(raw, writes), 8),
  scan: async (raw) => expecting(await countFound(raw, all), count),
  count: (_, task) => checkDocuments(task),
  'point reads': async (raw, task) => {
    for (const name of someNames(raw, task)) await readOne(raw, name)
  },
  'point reads, 16 at once': (raw, task) => sendAll(someNames(raw, task), (name) => readOne(raw, name), 16),
  'short queries': async (raw) => {
    for (let at = 0; at < queries; at++) {
      const value = { integerValue: at % 7 }
      const where = { fieldFilter: { field: { fieldPath: 'unread' }, op: 'EQUAL' as const, value } }
      expecting(await countFound(raw, { ...all, where, limit: { value: 10 } }), 10)
    }
  },
}

async function measure(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

/** Start-up is up to the first answer. */
async function runAll(name: string, start: () => Promise<Started>): Promise<Seconds> {
  let server: Started | undefined
  try {
    const project = `bench-${name}`
    const seconds: Record<string, number> = {}
    const task = { host: '', project, collection: 'Chats', count }
    seconds['start-up'] = await measure(async () => {
      server = await start()
      task.host = server.host
      await (await openRaw(task)).client.close()
    })
    const raw = await openRaw(task)
    for (const [load, run] of Object.entries(loads)) seconds[load] = await measure(() => run(raw, task))
    await raw.client.close()
    return seconds
  } finally {
    await server?.stop()
  }
}

const startOfficial = findOfficialEmulator()
if (startOfficial === undefined) throw new Error('this benchmark needs the Firestore emulator and Java: see .ci/stores')
const contenders = { ours: startOurs, official: () => startOfficial(4) }
const rounds: Record<keyof typeof contenders, Seconds[]> = { ours: [], official: [] }
for (let round = 0; round <= Number(values.rounds); round++) {
  const names = ['ours', 'official'] as const
  for (const name of round % 2 === 0 ? names : names.toReversed()) {
    const seconds = await runAll(name, contenders[name])
    // The first round warms this process.
    if (round > 0) rounds[name].push(seconds)
    console.error(
      `round ${round}: ${name}, ${JSON.stringify(seconds, (_, each: unknown) => (typeof each === 'number' ? Number(each.toFixed(3)) : each))}`,
    )
  }
}
const rows = ['start-up', ...Object.keys(loads)].map((load) => {
  const [ours, official] = [rounds.ours, rounds.official].map((each) =>
    each.map((seconds) => seconds[load] ?? Number.NaN),
  )
  const ratios = (ours ?? []).map((each, at) => each / (official?.[at] ?? Number.NaN))
  const shown = (each: readonly number[] | undefined): string => (each ?? []).map((one) => one.toFixed(2)).join(' ')
  return [load, median(ratios).toFixed(2), shown(ours), shown(official)]
})
console.log(`\n${renderTable(['', 'of the official emulator', 'ours, seconds a round', 'the emulator'], rows)}`)
