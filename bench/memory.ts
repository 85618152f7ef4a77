import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startRealPostgres } from '../test/stores/real-postgres.ts'
import { runContender } from './measuring/child.ts'
import { checkDocuments, seedDocuments } from './measuring/documents.ts'
import { median, renderTable } from './measuring/table.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2' },
    few: { type: 'string', default: '20000' },
    many: { type: 'string', default: '200000' },
  },
})
const sizes = [Number(values.few), Number(values.many)]
/** As the command line sets them for itself. */
const flags = [...readFileSync('bin/lockstep.js', 'utf8').matchAll(/setFlagsFromString\('(.+)'\)/g)].map(
  ([, flag]) => flag ?? '',
)
const server = fileURLToPath(new URL('contenders/local-firestore.mjs', import.meta.url))

/** Peak resident megabytes of a process that plans and runs `up` on so many documents, in fresh stores. */
async function peakAt(count: number): Promise<number> {
  const postgres = await startRealPostgres()
  if (postgres === undefined) throw new Error('this benchmark needs PostgreSQL: see .ci/stores')
  const firestore = spawn(process.execPath, ['--max-old-space-size=8192', server], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [host] = (await once(createInterface(firestore.stdout), 'line')) as [string]
    const task = { host, project: 'bench-memory', collection: 'Chats', count, url: postgres.url }
    await seedDocuments(task)
    const { megabytes } = await runContender({ name: 'lockstep', program: 'lockstep-backfill' }, task, flags)
    await checkDocuments(task)
    return megabytes
  } finally {
    firestore.kill()
    await postgres.stop()
  }
}

const peaks = new Map<number, number[]>(sizes.map((size) => [size, []]))
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const size of sizes) {
    const peak = await peakAt(size)
    peaks.get(size)?.push(peak)
    console.error(`round ${round}: ${size} documents, ${peak.toFixed(0)} MB`)
  }
}
const base = median(peaks.get(sizes[0] ?? 0) ?? [])
const rows = [...peaks].map(([size, megabytes]) => [
  String(size),
  (median(megabytes) / base).toFixed(2),
  megabytes.map((each) => each.toFixed(0)).join(' '),
])
console.log(`\n${renderTable(['documents', 'ratio', 'peak RSS MB a round'], rows)}`)
