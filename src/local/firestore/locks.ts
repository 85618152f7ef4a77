import { status } from '@grpc/grpc-js'
import { refusal } from './status.ts'
import type { Refusal } from './status.ts'
import type { Change, StoredDocument } from './store.ts'

/** A transaction as one that holds locks. */
export interface Holder {
  readonly database: string
  /** Of those that wait for each other the one with the highest gives way. */
  readonly age: number
}

/** Who wants to write, in which database; nobody where it is no transaction. */
export interface Claim {
  readonly database: string
  readonly holder: Holder | undefined
}

/** What was read: one document, there or not, or all that a condition holds of. */
export type Lock = string | ((document: StoredDocument) => boolean)

/** Does all at once and answers, or does nothing and answers who is in the way; `isLast` tells that it is not asked again. */
export type Attempt<T extends object> = (isLast: boolean) => T | ReadonlySet<Holder>

/** What the transactions of one server have read. Readers share; whoever would change it waits. */
export interface Locks {
  hold(holder: Holder, lock: Lock): void
  /** Gives back all that it holds; what it waits for is refused. */
  release(holder: Holder): void
  /** The others that hold one of these keys, or have read by a condition that held before or would hold after. */
  inTheWay(claim: Claim, keys: readonly string[], changes: readonly Change[]): ReadonlySet<Holder>
  /**
   * The answer of the attempt, at once where nobody is in the way, else once those have ended, in the order of asking. ABORTED
   * after two seconds, and at once for the youngest of transactions that wait for each other.
   */
  enter<T extends object>(claim: Claim, attempt: Attempt<T>): T | Promise<T>
}

interface Held {
  readonly keys: Set<string>
  readonly conditions: ((document: StoredDocument) => boolean)[]
}

interface Waiter {
  readonly holder: Holder | undefined
  blockers: ReadonlySet<Holder>
  readonly retry: (isLast: boolean) => void
  readonly refuse: (why: Refusal) => void
  leave: (isRefused: boolean) => void
}

/** As long as the official emulator waits; production tells of no number. */
const patienceMillis = 2000

const nobody: ReadonlySet<Holder> = new Set()

/** `expire` releases those whose time is over. */
export function createLocks(expire: () => void): Locks {
  const held = new Map<Holder, Held>()
  const release = (holder: Holder): void => {
    const had = held.delete(holder)
    queue.refuse(holder)
    if (had) queue.wake()
  }
  const queue = createQueue(expire, release)
  return {
    hold: (holder, lock) => {
      const found = held.get(holder) ?? { keys: new Set(), conditions: [] }
      held.set(holder, found)
      if (typeof lock === 'string') found.keys.add(lock)
      else found.conditions.push(lock)
    },
    release,
    inTheWay: (claim, keys, changes) => {
      if (held.size === 0) return nobody
      const others = [...held].filter(([{ database }]) => database === claim.database)
      const found = others.filter(([holder, its]) => holder !== claim.holder && isHeld(its, keys, changes))
      return new Set(found.map(([holder]) => holder))
    },
    enter: (claim, attempt) => {
      const tried = attempt(false)
      return isBlocked(tried) ? queue.wait(claim, tried, attempt) : tried
    },
  }
}

interface Queue {
  wait<T extends object>(claim: Claim, blockers: ReadonlySet<Holder>, attempt: Attempt<T>): Promise<T>
  /** What waits for the transaction. */
  refuse(holder: Holder): void
  /** Has everyone try again, and ends the circles. */
  wake(): void
}

function createQueue(expire: () => void, release: (holder: Holder) => void): Queue {
  const waiting = new Set<Waiter>()
  let isWaking = false
  let again = false
  const wake = (): void => {
    again = waiting.size > 0
    if (isWaking) return
    isWaking = true
    while (again) {
      again = false
      for (const waiter of waiting) waiter.retry(false)
      youngestInCircle(waiting)?.refuse(contention())
    }
    isWaking = false
  }
  return {
    wake,
    refuse: (holder) => {
      for (const waiter of waiting) if (waiter.holder === holder) waiter.refuse(contention())
    },
    wait: (claim, blockers, attempt) => {
      expire()
      const { waiter, promise } = createWaiter(claim, blockers, attempt)
      const timer = setTimeout(() => {
        expire()
        if (waiting.has(waiter)) waiter.retry(true)
        if (waiting.has(waiter)) waiter.refuse(lockTimeout())
      }, patienceMillis)
      waiter.leave = (isRefused) => {
        clearTimeout(timer)
        waiting.delete(waiter)
        if (isRefused && claim.holder) release(claim.holder)
      }
      waiting.add(waiter)
      wake()
      return promise
    },
  }
}

function createWaiter<T extends object>({ holder }: Claim, blockers: ReadonlySet<Holder>, attempt: Attempt<T>) {
  let settle: { readonly resolve: (answer: T) => void; readonly reject: (why: unknown) => void } | undefined
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  const refuse = (why: unknown): void => {
    settle?.reject(why)
    waiter.leave(true)
  }
  const retry = (isLast: boolean): void => {
    try {
      const answer = attempt(isLast)
      if (isBlocked(answer)) return void (waiter.blockers = answer)
      settle?.resolve(answer)
      waiter.leave(false)
    } catch (error) {
      refuse(error)
    }
  }
  const waiter: Waiter = { holder, blockers, retry, refuse, leave: () => undefined }
  return { waiter, promise }
}

const contention = (): Refusal => refusal(status.ABORTED, 'Too much contention on these documents. Please try again.')

/** Of those that waited too long. */
export const lockTimeout = (): Refusal => refusal(status.ABORTED, 'Transaction lock timeout.')

const isBlocked = <T extends object>(answer: T | ReadonlySet<Holder>): answer is ReadonlySet<Holder> =>
  answer instanceof Set

function isHeld({ keys, conditions }: Held, wanted: readonly string[], changes: readonly Change[]): boolean {
  if (wanted.some((key) => keys.has(key))) return true
  const holds = (document: StoredDocument | undefined): boolean =>
    document !== undefined && conditions.some((condition) => condition(document))
  return conditions.length > 0 && changes.some(({ before, after }) => holds(before) || holds(after))
}

/** Of the transactions that wait for themselves by way of others, the one that began last. */
function youngestInCircle(waiting: ReadonlySet<Waiter>): Waiter | undefined {
  const byHolder = new Map([...waiting].map((waiter) => [waiter.holder, waiter]))
  let youngest: Waiter | undefined
  for (const waiter of waiting) {
    if (!waiter.holder || !reaches(waiter.holder, waiter.blockers, byHolder)) continue
    if (!youngest?.holder || waiter.holder.age > youngest.holder.age) youngest = waiter
  }
  return youngest
}

function reaches(
  goal: Holder,
  blockers: ReadonlySet<Holder>,
  waiting: ReadonlyMap<Holder | undefined, Waiter>,
): boolean {
  // A set that grows while it is walked is walked to its end.
  const seen = new Set(blockers)
  for (const holder of seen) for (const next of waiting.get(holder)?.blockers ?? []) seen.add(next)
  return seen.has(goal)
}
