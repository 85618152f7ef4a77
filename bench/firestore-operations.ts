import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Measurement } from './contenders/measured.mjs'
import { runContender } from './measuring/child.ts'
import type { Contender } from './measuring/child.ts'
import { dropDocuments, seedDocuments } from './measuring/documents.ts'
import type { Seeds } from './measuring/documents.ts'
import { operations } from './measuring/operations.ts'
import type { BenchOperation, OperationName } from './measuring/operations.ts'
import { installPeers } from './measuring/peers.ts'
import { startStores } from './measuring/stores.ts'
import type { BenchStores } from './measuring/stores.ts'
import { median, renderTable } from './measuring/table.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    documents: { type: 'string', default: '20000' },
    only: { type: 'string' },
    peers: { type: 'boolean', default: false },
    passes: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
})
const count = Number(values.documents)
const profiling = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]
const peerFolder = mkdtempSync(join(tmpdir(), 'lockstep-bench-peers-'))
const names = (Object.keys(operations) as OperationName[]).filter(
  (name) => values.only?.split(',').includes(name) ?? true,
)

interface Entry extends Contender {
  readonly seeds: Seeds | undefined
}

/** What users of a peer do for an operation that it can do at all. */
const peerTools = ['BulkWriter', 'fireway', 'firewalk'] as const
const doneByPeers: readonly OperationName[] = ['addField', 'renameField', 'convertField']

function entriesOf(name: OperationName, tools: readonly string[]): readonly Entry[] {
  const { step, seeds, phase }: BenchOperation = operations[name]
  const until = values.passes ? { until: phase } : {}
  const peers = doneByPeers.includes(name) ? tools : []
  return [
    { name: `${name} raw`, program: 'raw-operation', options: { operation: name }, seeds },
    { name, program: 'lockstep-operation', options: { step, ...until }, seeds },
    ...peers.map((tool) => ({
      name: `${name} ${tool}`,
      program: 'peer-rewrite',
      options: { tool, operation: name, folder: peerFolder },
      seeds,
    })),
  ]
}

async function runOnce(stores: BenchStores, entry: Entry, round: number): Promise<Measurement> {
  const project = `bench-${entry.name.replaceAll(' ', '-').toLowerCase()}-${round}`
  const task = { host: stores.host, project, collection: 'Chats', count }
  await seedDocuments(task, entry.seeds)
  const database = await stores.createDatabase()
  const measured = await runContender(entry, { ...task, url: database.url }, profiling)
  await dropDocuments(task)
  await database.drop()
  return measured
}

type Results = ReadonlyMap<string, readonly Measurement[]>

function secondsOf(results: Results, name: string, part?: string): readonly number[] {
  return (results.get(name) ?? []).map(({ seconds, parts }) =>
    part === undefined ? seconds : (parts?.[part] ?? Number.NaN),
  )
}

function ratio(some: readonly number[], base: readonly number[]): string {
  return median(some.map((each, round) => each / (base[round] ?? Number.NaN))).toFixed(2)
}

function renderOperations(results: Results, tools: readonly string[]): string {
  const scan = secondsOf(results, 'raw scan')
  const rows = names.map((name) => {
    const { phase } = operations[name]
    const raw = secondsOf(results, `${name} raw`)
    const [pass, whole] = [secondsOf(results, name, `${phase} pass`), secondsOf(results, name, phase)]
    const peers = tools.map((tool) => secondsOf(results, `${name} ${tool}`))
    return [
      name,
      ratio(pass, scan),
      ratio(pass, raw),
      ...(values.passes ? [] : [ratio(whole, raw)]),
      ...peers.map((each) => (each.length === 0 ? '' : ratio(each, raw))),
      ...[raw, pass, ...(values.passes ? [] : [whole])].map((each) => each.map((one) => one.toFixed(2)).join(' ')),
    ]
  })
  const heads = ['pass, of raw scan', 'pass, of raw twin', ...(values.passes ? [] : ['phase, of raw twin'])]
  const seconds = ['raw s', 'pass s', ...(values.passes ? [] : ['phase s'])]
  return renderTable(['', ...heads, ...tools.map((tool) => `${tool}, of raw twin`), ...seconds], rows)
}

const tools = values.peers ? installPeers(peerFolder, peerTools) : []
const entries: readonly Entry[] = [
  { name: 'raw scan', program: 'raw-scan', seeds: undefined },
  ...names.flatMap((name) => entriesOf(name, tools)),
]
const results = new Map<string, Measurement[]>(entries.map(({ name }) => [name, []]))
const stores = await startStores()
try {
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const entry of round % 2 === 0 ? entries : entries.toReversed()) {
      const measured = await runOnce(stores, entry, round)
      // The first round only warms the servers.
      if (round > 0) results.get(entry.name)?.push(measured)
      console.error(
        `round ${round}: ${entry.name} ${measured.seconds.toFixed(2)} s ${JSON.stringify(measured.parts ?? {})}`,
      )
    }
  }
  console.log(`\n${count} documents, ${values.rounds} rounds; ratios are medians over rounds:\n`)
  console.log(renderOperations(results, tools))
} finally {
  await stores.stop()
  rmSync(peerFolder, { recursive: true })
}
