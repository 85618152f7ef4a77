import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Measurement } from './contenders/measured.mjs'
import { runContender } from './measuring/child.ts'
import { checkFleet, checkLedger, fleetTenants, seedTenants, tablesOf } from './measuring/fleet.ts'
import { startLoad } from './measuring/fleet-load.ts'
import type { Seen } from './measuring/fleet-load.ts'
import { fleetOperations } from './measuring/fleet-operations.ts'
import type { FleetOperation } from './measuring/fleet-operations.ts'
import { startFleetStores } from './measuring/stores.ts'
import type { BenchStores } from './measuring/stores.ts'
import { median, renderTable } from './measuring/table.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    tenants: { type: 'string', default: '2000' },
    only: { type: 'string' },
    idle: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
})
const only = values.only?.split(',')
const operations = fleetOperations.filter(({ name }) => only?.includes(name) ?? true)
if (operations.length === 0) throw new Error(`--only knows ${fleetOperations.map(({ name }) => name).join(', ')}`)

interface Round {
  readonly measured: Measurement
  readonly seen: Seen | undefined
  /** Seconds of `lockstep up` with nothing to do, in a process of its own. */
  readonly again?: number
}

type Contender = 'raw, 1 connection' | 'raw, 4 connections' | 'lockstep'
const contenders: readonly Contender[] = ['raw, 1 connection', 'raw, 4 connections', 'lockstep']

/**
 * A copy of the tenants' database for one contender. It stays until the server goes: a file system that has just lost
 * tens of thousands of files makes new ones several times as slowly, which the next contender would pay for.
 */
async function runOnce(stores: BenchStores, operation: FleetOperation, name: Contender, template: string) {
  const database = await stores.createDatabase(template)
  const before = await tablesOf(database.url)
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
  const project = `bench-${operation.name.toLowerCase()}-${Date.now()}`
  const { steps: step, files, once, passes } = operation
  const task = { host: stores.host, project, url: database.url, step, files, folder, tenants: fleetTenants }
  const isOurs = name === 'lockstep'
  const flags = values.profile !== undefined && isOurs ? ['--cpu-prof', '--cpu-prof-dir', values.profile] : []
  const program = isOurs ? 'lockstep-fanout' : 'raw-groups'
  const options = isOurs ? {} : { once, passes, connections: name === 'raw, 1 connection' ? 1 : 4 }
  const load = values.idle ? undefined : startLoad(database.url, before)
  let seen: Seen | undefined
  let measured: Measurement
  try {
    measured = await runContender({ name, program, options }, task, flags)
  } finally {
    seen = await load?.stop()
  }
  await checkFleet(database.url, operation, { before, born: isOurs })
  if (isOurs) await checkLedger(database.url, before)
  const again = isOurs ? await timeAgain(folder) : undefined
  rmSync(folder, { recursive: true })
  return { measured, seen, ...(again === undefined ? {} : { again }) } satisfies Round
}

/** `lockstep up` once more, as a user starts it: nothing is to be done, and all tables are looked at. */
async function timeAgain(folder: string): Promise<number> {
  const command = new URL('../bin/lockstep.js', import.meta.url).pathname
  const started = performance.now()
  const child = spawn(process.execPath, [command, 'up', '--yes'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`lockstep up ended with ${String(code)}: ${said}`)
  return (performance.now() - started) / 1000
}

/** Lines of the table: each part of the product, as ratios to the raw loops of the same round. */
function linesOf(operation: FleetOperation, rounds: ReadonlyMap<Contender, readonly Round[]>): string[][] {
  const seconds = (name: Contender): number[] => (rounds.get(name) ?? []).map(({ measured }) => measured.seconds)
  const ours = rounds.get('lockstep') ?? []
  const part = (of: (parts: Readonly<Record<string, number>>, measured: Measurement) => number): number[] =>
    ours.map(({ measured }) => of(measured.parts ?? {}, measured))
  const line = (what: string, own: readonly number[]): string[] => [
    operation.name,
    what,
    ...(['raw, 1 connection', 'raw, 4 connections'] as const).map((base) =>
      median(own.map((each, n) => each / (seconds(base)[n] ?? Number.NaN))).toFixed(2),
    ),
    own.map((each) => each.toFixed(2)).join(' '),
  ]
  return [
    line('raw, 1 connection', seconds('raw, 1 connection')),
    line('raw, 4 connections', seconds('raw, 4 connections')),
    line(
      'phases that change tables',
      part((parts) => (parts['expand'] ?? 0) + (parts['cutover'] ?? 0)),
    ),
    line(
      'all of plan and up',
      part((parts, { seconds: all }) => all - (parts['behind'] ?? 0)),
    ),
    [operation.name, 'up again', '', '', ours.map(({ again }) => (again ?? Number.NaN).toFixed(2)).join(' ')],
  ]
}

function printSeen(operation: FleetOperation, rounds: ReadonlyMap<Contender, readonly Round[]>): void {
  for (const [name, all] of rounds) {
    const seen = all.flatMap((round) => round.seen ?? [])
    if (seen.length === 0) continue
    const sum = (of: (each: Seen) => number): number => seen.reduce((total, each) => total + of(each), 0)
    const most = (of: (each: Seen) => number): string => Math.max(...seen.map(of)).toFixed(0)
    const errors = seen.flatMap((each) => each.errors)
    console.log(
      `${operation.name}, ${name}: ${sum(({ writes }) => writes)} writes (longest ${most(({ longestWrite }) => longestWrite)} ms), ${sum(({ probes }) => probes)} probes of 500 locks (longest ${most(({ longestProbe }) => longestProbe)} ms), ${sum(({ born }) => born)} tenants born, ${errors.length} errors ${[...new Set(errors)].slice(0, 3).join('; ')}`,
    )
  }
}

/** All contenders by turns, there and back; each operation has results of its own. */
async function compare(
  stores: BenchStores,
  operation: FleetOperation,
  template: string,
): Promise<ReadonlyMap<Contender, readonly Round[]>> {
  const results = new Map<Contender, Round[]>(contenders.map((name) => [name, []]))
  const rounds = Number(values.rounds)
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const done = await runOnce(stores, operation, name, template)
      console.error(
        `${operation.name} ${round}: ${name} ${done.measured.seconds.toFixed(2)} s ${JSON.stringify(done.measured.parts ?? {})} ${JSON.stringify(done.seen ?? {})} ${done.again ?? ''}`,
      )
      // The first round only warms the servers, unless there is no other.
      if (round > 0 || rounds === 0) results.get(name)?.push(done)
    }
  }
  return results
}

const stores = await startFleetStores()
try {
  const { url, name: template } = await stores.createDatabase()
  await seedTenants(url, Number(values.tenants))
  const lines: string[][] = []
  for (const operation of operations) {
    const results = await compare(stores, operation, template)
    lines.push(...linesOf(operation, results))
    printSeen(operation, results)
  }
  console.log(`\n${values.tenants} tenants, ${values.rounds} rounds; ratios are medians over rounds:\n`)
  console.log(renderTable(['', '', 'of raw, 1', 'of raw, 4', 'seconds a round'], lines))
} finally {
  await stores.stop()
}
