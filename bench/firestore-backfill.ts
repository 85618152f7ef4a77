import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Measurement } from './contenders/measured.mjs'
import { runContender } from './measuring/child.ts'
import type { Contender } from './measuring/child.ts'
import { checkDocuments, dropDocuments, seedDocuments } from './measuring/documents.ts'
import { startStores } from './measuring/stores.ts'
import type { BenchStores } from './measuring/stores.ts'
import { renderRatios } from './measuring/table.ts'
import type { Line } from './measuring/table.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    documents: { type: 'string', default: '20000' },
    only: { type: 'string' },
    throttled: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
})
const count = Number(values.documents)
const peerFolder = mkdtempSync(join(tmpdir(), 'lockstep-bench-peer-'))

function installPeer(): string | undefined {
  try {
    execFileSync('npm', ['install', '--prefix', peerFolder, '--no-audit', '--no-fund', 'fireway@1.1.0'], {
      stdio: 'pipe',
    })
    return undefined
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  }
}

function chooseContenders(): readonly Contender[] {
  const all: readonly Contender[] = [
    { name: 'raw known keys', program: 'raw-known-keys' },
    { name: 'raw scan', program: 'raw-scan' },
    { name: 'lockstep', program: 'lockstep-backfill' },
    { name: 'BulkWriter', program: 'bulk-writer', options: { throttled: false } },
    { name: 'fireway', program: 'fireway', options: { folder: peerFolder } },
    ...(values.throttled ? [{ name: 'BulkWriter default', program: 'bulk-writer', options: { throttled: true } }] : []),
  ]
  const wanted = values.only?.split(',')
  const chosen = all.filter(({ program }) => wanted?.includes(program) ?? true)
  const problem = chosen.some(({ program }) => program === 'fireway') ? installPeer() : undefined
  if (problem !== undefined) console.log(`fireway is left out, it could not be installed: ${problem}`)
  return problem === undefined ? chosen : chosen.filter(({ program }) => program !== 'fireway')
}

/** Fresh documents and a fresh ledger for one contender, gone afterwards. */
async function runOnce(stores: BenchStores, contender: Contender, project: string): Promise<Measurement> {
  const task = { host: stores.host, project, collection: 'Chats', count }
  await seedDocuments(task)
  const database = await stores.createDatabase()
  const flags =
    values.profile !== undefined && contender.program.startsWith('lockstep')
      ? ['--cpu-prof', '--cpu-prof-dir', values.profile]
      : []
  const measured = await runContender(contender, { ...task, url: database.url }, flags)
  await checkDocuments(task)
  await dropDocuments(task)
  await database.drop()
  return measured
}

function linesOf(results: ReadonlyMap<string, readonly Measurement[]>): readonly Line[] {
  return [...results].flatMap(([name, rounds]) => {
    const line = {
      name,
      seconds: rounds.map((each) => each.seconds),
      cpu: rounds.map((each) => each.cpu),
      megabytes: rounds.map((each) => each.megabytes),
    }
    if (name !== 'lockstep') return [line]
    const part = (of: string): Line => ({
      name: `lockstep ${of}`,
      seconds: rounds.map((each) => each.parts?.[of] ?? Number.NaN),
    })
    return [part('backfill'), part('verify'), { ...line, name: 'lockstep plan + up' }]
  })
}

const contenders = chooseContenders()
const stores = await startStores()
try {
  const results = new Map<string, Measurement[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const measured = await runOnce(stores, contender, `bench-${contender.program}-${round}`)
      // The first round only warms the servers.
      if (round === 0) continue
      results.get(contender.name)?.push(measured)
      console.error(
        `round ${round}: ${contender.name} ${measured.seconds.toFixed(2)} s ${JSON.stringify(measured.parts ?? {})}`,
      )
    }
  }
  console.log(`\n${count} documents, ${values.rounds} rounds; ratios are medians over rounds:\n`)
  console.log(renderRatios(linesOf(results), ['raw known keys', 'raw scan']))
} finally {
  await stores.stop()
  rmSync(peerFolder, { recursive: true })
}
