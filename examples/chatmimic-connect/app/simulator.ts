import type { Firestore } from '@google-cloud/firestore'
import { LockstepError } from '../../../src/kernel/errors.ts'
import { createRandom } from '../seed/random.ts'
import { loadChats } from './chat-operations.ts'
import type { Expectation } from './expectations.ts'
import { createJournal, type Journal } from './journal.ts'
import { createLanes } from './lanes.ts'
import { operations, pickOperation, type OperationName } from './operations.ts'
import { createPatience, errorCode } from './patience.ts'
import {
  SimulatorError,
  type Call,
  type ClientVersion,
  type Session,
  type SqlClient,
  type TenantState,
} from './session.ts'
import { createTenantState, loadSettings } from './tenant-operations.ts'

export type { SqlClient } from './session.ts'

export interface SimulatorOptions {
  readonly firestore: Firestore
  /** A `pg` Pool (give it an `error` listener, as an app does) or anything that answers like one. */
  readonly pg: SqlClient
  readonly seed: string
  /** `both`: each operation is done by an old or a new client, by the toss of a coin. */
  readonly version: ClientVersion | 'both'
  /** Operations per second; what cannot be started in time is left out and counted as skipped. */
  readonly rate: number
  /** The uids whose data this simulator works on. No other simulator may have them at the same time. */
  readonly tenants: readonly string[]
  /** NDJSON journal of every write, appended to. */
  readonly log?: string | undefined
  /** Old clients now and then write back a whole chat without `language`. Default false. */
  readonly rewriteChats?: boolean | undefined
  /** Milliseconds for which a request is repeated while a store is away. Default 15,000. */
  readonly patience?: number | undefined
  /** Chats of each tenant to work on, besides those it creates. Default 25. */
  readonly chatsPerTenant?: number | undefined
  /** Documents and rows remembered for the report. Default 20,000. */
  readonly remember?: number | undefined
}

export interface SimulatorFault {
  readonly op: string
  readonly client: ClientVersion
  readonly name: string
  readonly code: number | string | undefined
  /** The document or row, where the simulator itself found the fault. */
  readonly target: string | undefined
  readonly message: string
}

export interface SimulatorReport {
  readonly version: ClientVersion | 'both'
  readonly seconds: number
  /** Operations that ended well, by name. */
  readonly operations: Readonly<Partial<Record<OperationName, number>>>
  readonly errorCount: number
  /** The first 100 errors. */
  readonly errors: readonly SimulatorFault[]
  readonly retries: number
  /** Writes that failed for good, or whose fate is unknown: their values are allowed, not asked for. */
  readonly unacknowledged: number
  readonly skipped: number
  /** Operations without an answer when the simulator stopped. */
  readonly abandoned: number
  /** The uids that signed up while it ran. */
  readonly signedUp: readonly string[]
  readonly evicted: number
  readonly journal: string | undefined
  /** What must be found in both stores now. */
  readonly expectations: readonly Expectation[]
}

export interface Simulator {
  start(): void
  /** Starts nothing more, waits for what is under way (as long as patience lasts) and reports. */
  stop(): Promise<SimulatorReport>
}

const inFlight = 64
const tick = 20

/** Clients of the app, old and new, at work on live data, each write remembered, each answer checked. LS-1007 without tenants. */
export function createSimulator(options: SimulatorOptions): Simulator {
  if (options.tenants.length === 0) {
    throw new LockstepError('LS-1007', 'the simulator was given no tenant', { where: { name: 'tenants' } })
  }
  const journal = createJournal({ file: options.log, limit: options.remember })
  const run = createRun(options, journal)
  let timer: NodeJS.Timeout | undefined
  let startedAt = 0
  let due = 0
  const beat = (): void => {
    const expected = ((Date.now() - startedAt) / 1000) * options.rate
    for (; due + 1 <= expected; due++) run.launch()
  }
  return {
    start: () => {
      startedAt = Date.now()
      timer = setInterval(beat, tick)
    },
    stop: async () => {
      clearInterval(timer)
      const seconds = (Date.now() - startedAt) / 1000
      const abandoned = await run.end(options.patience ?? 15_000)
      const expectations = options.log === undefined ? journal.expectations() : []
      journal.close()
      return {
        version: options.version,
        seconds,
        abandoned,
        ...run.counts(),
        evicted: journal.evicted(),
        journal: options.log,
        expectations,
      }
    },
  }
}

type Counts = Pick<
  SimulatorReport,
  'operations' | 'errorCount' | 'errors' | 'retries' | 'unacknowledged' | 'skipped' | 'signedUp'
>

interface Run {
  launch(): void
  /** Resolves to the number of operations that had no answer. */
  end(milliseconds: number): Promise<number>
  counts(): Counts
}

function createRun(options: SimulatorOptions, journal: Journal): Run {
  const session = createSession(options, journal)
  const owned = session.tenants.length
  const running = new Set<Promise<void>>()
  const done: Partial<Record<OperationName, number>> = {}
  const errors: SimulatorFault[] = []
  let errorCount = 0
  let skipped = 0
  let number = 0
  const operate = async (): Promise<void> => {
    const { op, call } = drawCall(options, session, number++)
    try {
      await loadTenant(call, options.chatsPerTenant ?? 25)
      await operations[op].run(call)
      done[op] = (done[op] ?? 0) + 1
    } catch (error) {
      errorCount++
      if (errors.length < 100) errors.push(faultOf(call, error))
    }
  }
  return {
    launch: () => {
      if (running.size >= inFlight) {
        skipped++
        return
      }
      const operation = operate().finally(() => running.delete(operation))
      running.add(operation)
    },
    end: async (milliseconds) => {
      await within(milliseconds, Promise.all(running))
      session.over = true
      return running.size
    },
    counts: () => ({
      operations: { ...done },
      errorCount,
      errors: [...errors],
      retries: session.patience.retries(),
      unacknowledged: session.unacknowledged,
      skipped,
      signedUp: session.tenants.slice(owned).map((tenant) => tenant.uid),
    }),
  }
}

const createSession = (options: SimulatorOptions, journal: Journal): Session => ({
  firestore: options.firestore,
  pg: options.pg,
  journal,
  lanes: createLanes(),
  patience: createPatience(options.patience ?? 15_000),
  tenants: options.tenants.map(createTenantState),
  unacknowledged: 0,
  over: false,
})

function drawCall(options: SimulatorOptions, session: Session, number: number): { op: OperationName; call: Call } {
  const random = createRandom(options.seed, 'operation', number)
  const client = options.version === 'both' ? random.pick<ClientVersion>(['old', 'new']) : options.version
  const op = pickOperation(random, client, options.rewriteChats ?? false)
  const tenant = session.tenants[random.below(session.tenants.length)]
  if (tenant === undefined) throw new SimulatorError('NO_TENANT', '', 'no tenant to work on')
  return { op, call: { session, op, client, tenant, random } }
}

/** Once for each tenant; tried again by the next operation where it failed. */
async function loadTenant(call: Call, chats: number): Promise<void> {
  const tenant: TenantState = call.tenant
  tenant.loaded ??= Promise.all([loadChats(call, chats), loadSettings(call)]).then(() => undefined)
  try {
    await tenant.loaded
  } catch (error) {
    tenant.loaded = undefined
    throw error
  }
}

function faultOf({ op, client }: Call, error: unknown): SimulatorFault {
  const name = error instanceof Error ? error.name : typeof error
  const target = error instanceof SimulatorError ? error.target : undefined
  return {
    op,
    client,
    name,
    code: errorCode(error),
    target,
    message: error instanceof Error ? error.message : String(error),
  }
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([work, limit])
  clearTimeout(timer)
}
