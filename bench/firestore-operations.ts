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
    { name: `${name} scan`, program: 'raw-scan', seeds },
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

/**
 * The contenders of one operation on an emulator of their own, which keeps most of what it is told to forget, and grows
 * slower: the raw twin warms it, then they go there, in even rounds back.
 */
async function runGroup(name: OperationName, round: number): Promise<void> {
  const entries = entriesOf(name, tools)
  const stores = await startStores()
  try {
    for (const entry of entries) if (entry.name === `${name} raw`) await runOnce(stores, entry, 0)
    for (const entry of round % 2 === 1 ? entries : entries.toReversed()) {
      const measured = await runOnce(stores, entry, round)
      results.set(entry.name, [...(results.get(entry.name) ?? []), measured])
      console.error(
        `round ${round}: ${entry.name} ${measured.seconds.toFixed(2)} s, client ${measured.cpu.toFixed(2)} s of CPU ${JSON.stringify(measured.parts ?? {})}`,
      )
    }
  } finally {
    await stores.stop()
  }
}

function secondsOf(name: string, part?: string): readonly number[] {
  return (results.get(name) ?? []).map(({ seconds, parts }) =>
    part === undefined ? seconds : (parts?.[part] ?? Number.NaN),
  )
}

function ratio(some: readonly number[], base: readonly number[]): string {
  return median(some.map((each, round) => each / (base[round] ?? Number.NaN))).toFixed(2)
}

function renderOperations(tools: readonly string[]): string {
  const rows = names.map((name) => {
    const { phase } = operations[name]
    const [scan, raw] = [secondsOf(`${name} scan`), secondsOf(`${name} raw`)]
    const [pass, whole] = [secondsOf(name, `${phase} pass`), secondsOf(name, phase)]
    const peers = tools.map((tool) => secondsOf(`${name} ${tool}`))
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
const results = new Map<string, Measurement[]>()
try {
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const name of round % 2 === 1 ? names : names.toReversed()) await runGroup(name, round)
  }
  console.log(`\n${count} documents, ${values.rounds} rounds; ratios are medians over rounds:\n`)
  console.log(renderOperations(tools))
} finally {
  rmSync(peerFolder, { recursive: true })
}
