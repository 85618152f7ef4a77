import { parseArgs } from 'node:util'
import { Firestore } from '@google-cloud/firestore'
import pg from 'pg'
import { LockstepError } from '../../../src/kernel/errors.ts'
import { exitCodeOf, required, whole } from '../seed/command.ts'
import { noCredentials } from '../seed/seed-firestore.ts'
import { tenantUid } from '../seed/tenant-plan.ts'
import { checkNothingLost } from './check-nothing-lost.ts'
import { createSimulator } from './simulator.ts'

const usage = `node bin/simulate.mjs [options]            runs until SIGTERM, SIGINT, the IPC message "stop" or --seconds
node bin/simulate.mjs --check FILE [--except NAME,NAME]

Works on Firestore at FIRESTORE_EMULATOR_HOST (project GOOGLE_CLOUD_PROJECT) and Postgres at DATABASE_URL.
Prints its report as JSON on stdout when it ends; exit code 1 where an operation failed or a write was lost.

  --seed TEXT             the seed that the data was made with           (chatmimic)
  --tenants N             tenants that were seeded                       (300)
  --slice I/N             work on each Nth tenant only, from the Ith     (1/1)
  --version old|new|both                                                 (both)
  --rate N                operations per second                          (50)
  --rewrite-chats         old clients write back whole chats
  --seconds N             end after so long
  --patience N            seconds of repeating while a store is away     (15)
  --connections N         Postgres connections                           (4)
  --log FILE              NDJSON journal of every write, for --check
  --check FILE            compare both stores with a journal instead of running
`

const argumentOptions = {
  help: { type: 'boolean', default: false },
  seed: { type: 'string', default: 'chatmimic' },
  tenants: { type: 'string', default: '300' },
  slice: { type: 'string', default: '1/1' },
  version: { type: 'string', default: 'both' },
  rate: { type: 'string', default: '50' },
  'rewrite-chats': { type: 'boolean', default: false },
  seconds: { type: 'string' },
  patience: { type: 'string', default: '15' },
  connections: { type: 'string', default: '4' },
  log: { type: 'string' },
  check: { type: 'string' },
  except: { type: 'string' },
} as const

const parse = (args: readonly string[]) => parseArgs({ args: [...args], options: argumentOptions }).values

/** `bin/simulate.mjs`: runs or checks, from arguments and environment. Resolves to the exit code. */
export const simulateCommand = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> =>
  exitCodeOf(() => simulateOrCheck(args, env))

async function simulateOrCheck(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const values = parse(args)
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  required(env, 'FIRESTORE_EMULATOR_HOST')
  const projectId = env['GOOGLE_CLOUD_PROJECT'] ?? 'demo-chatmimic'
  const firestore = new Firestore({ projectId, credentials: noCredentials })
  const connections = whole('connections', values.connections) ?? 4
  const pool = new pg.Pool({ connectionString: required(env, 'DATABASE_URL'), max: connections })
  // A connection that breaks while idle; the next request opens another.
  pool.on('error', (error) => process.stderr.write(`postgres: ${error.message}\n`))
  try {
    return await (values.check === undefined ? simulate(values, firestore, pool) : check(values, firestore, pool))
  } finally {
    await Promise.all([firestore.terminate(), pool.end()])
  }
}

async function simulate(values: ReturnType<typeof parse>, firestore: Firestore, pool: pg.Pool): Promise<number> {
  const simulator = createSimulator({
    firestore,
    pg: pool,
    seed: values.seed,
    version: parseVersion(values.version),
    rate: whole('rate', values.rate) ?? 50,
    tenants: slice(values.slice, whole('tenants', values.tenants) ?? 300).map((index) => tenantUid(values.seed, index)),
    log: values.log,
    rewriteChats: values['rewrite-chats'],
    patience: (whole('patience', values.patience) ?? 15) * 1000,
  })
  const ended = end(whole('seconds', values.seconds))
  simulator.start()
  process.stderr.write('simulator running\n')
  process.send?.('running')
  await ended
  const report = await simulator.stop()
  process.stdout.write(`${JSON.stringify(report)}\n`)
  return report.errorCount === 0 ? 0 : 1
}

async function check(values: ReturnType<typeof parse>, firestore: Firestore, pool: pg.Pool): Promise<number> {
  const losses = await checkNothingLost({ firestore, pg: pool }, values.check ?? '', {
    except: values.except?.split(',') ?? [],
  })
  process.stdout.write(`${JSON.stringify({ losses })}\n`)
  return losses.length === 0 ? 0 : 1
}

/** Resolves on the first signal, on "stop" from the parent, when the parent is gone, or after so many seconds. */
function end(seconds: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => resolve()
    process.once('SIGTERM', stop).once('SIGINT', stop).once('disconnect', stop)
    process.on('message', (message) => {
      if (message === 'stop') stop()
    })
    if (seconds !== undefined) setTimeout(stop, seconds * 1000)
  })
}

function parseVersion(text: string): 'old' | 'new' | 'both' {
  if (text === 'old' || text === 'new' || text === 'both') return text
  throw new LockstepError('LS-1007', `--version takes old, new or both, not "${text}"`)
}

function slice(text: string, tenants: number): readonly number[] {
  const [, first = 0, step = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number)
  if (first < 1 || first > step) throw new LockstepError('LS-1007', `--slice takes I/N with 1 <= I <= N, not "${text}"`)
  return Array.from({ length: tenants }, (_, index) => index).filter((index) => index % step === first - 1)
}
