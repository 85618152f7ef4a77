import type { Firestore } from '@google-cloud/firestore'
import type { Random } from '../seed/random.ts'
import { encodeFields, type Json, type WriteEvent } from './expectations.ts'
import type { Journal } from './journal.ts'
import type { Lanes } from './lanes.ts'
import type { Patience } from './patience.ts'

/** What the simulator needs of Postgres: a `pg` Pool or anything that answers in the same way. */
export interface SqlClient {
  query(sql: string, params?: unknown[]): Promise<{ readonly rows: readonly Record<string, unknown>[] }>
}

/** A client from before the migration knows nothing of `language`. */
export type ClientVersion = 'old' | 'new'

/** What one tenant's clients have seen so far; the working set of the simulator. */
export interface TenantState {
  readonly uid: string
  readonly key: string
  /** Names of chats that exist. */
  readonly chats: Set<string>
  /** Names of chats that this simulator deleted. */
  readonly deleted: Set<string>
  /** Ids in user_table. */
  readonly settings: Set<number>
  loaded: Promise<void> | undefined
}

/** What every operation works with. */
export interface Session {
  readonly firestore: Firestore
  readonly pg: SqlClient
  readonly journal: Journal
  readonly lanes: Lanes
  readonly patience: Patience
  readonly tenants: TenantState[]
  /** Writes that ended without the store's answer that they are done. */
  unacknowledged: number
  /** True once the simulator gave up waiting: nothing may be written any more. */
  over: boolean
}

/** One operation of one client. */
export interface Call {
  readonly session: Session
  readonly op: string
  readonly client: ClientVersion
  readonly tenant: TenantState
  readonly random: Random
}

/** A failure that the simulator itself found, such as a read that does not give what was written. */
export class SimulatorError extends Error {
  override readonly name = 'SimulatorError'
  readonly code: string
  readonly target: string

  constructor(code: string, target: string, message: string) {
    super(message)
    this.code = code
    this.target = target
  }
}

type Write = Pick<WriteEvent, 'store' | 'target' | 'write' | 'fields'>

/** Sends one write with patience, noted in the journal before and after. */
export async function write<T>(call: Call, event: Write, send: () => Promise<T>): Promise<T> {
  if (call.session.over) throw new SimulatorError('OVER', event.target, 'the simulator has stopped')
  note(call, event, 'unknown')
  try {
    const result = await call.session.patience.run(send)
    acknowledge(call, event)
    return result
  } catch (error) {
    call.session.unacknowledged++
    throw error
  }
}

/** Notes a write that the store has acknowledged. */
export const acknowledge = (call: Call, event: Write): void => note(call, event, 'acknowledged')

function note({ session, op }: Call, event: Write, outcome: WriteEvent['outcome']): void {
  if (!session.over) session.journal.note({ at: new Date().toISOString(), op, ...event, outcome })
}

/** Reads with patience. */
export const read = <T>(call: Call, send: () => Promise<T>): Promise<T> => call.session.patience.run(send)

/** One right value for each field. */
export const exactly = (data: object): Record<string, readonly Json[]> =>
  Object.fromEntries(Object.entries(encodeFields(data)).map(([name, value]) => [name, [value]]))

/** One of a set, or undefined where it is empty. */
export function pickFrom<T>(random: Random, set: ReadonlySet<T>): T | undefined {
  const place = random.below(set.size)
  let index = 0
  for (const member of set) if (index++ === place) return member
  return undefined
}
