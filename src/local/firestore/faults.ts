import { status } from '@grpc/grpc-js'
import { invalid, refusal } from './status.ts'
import type { Refusal } from './status.ts'

/** What can go wrong with a call although the request is right. */
export type FaultKind = 'latency' | 'unavailable' | 'deadline' | 'aborted' | 'exhausted' | 'reset' | 'crash'

/** One kind of trouble and how often it comes. */
export interface FaultRule {
  /**
   * `latency` answers late. `unavailable`, `aborted` and `exhausted` refuse before anything is done. `deadline` does what is asked
   * and answers DEADLINE_EXCEEDED. `reset` does it and cuts the connection: before the answer, or in the middle of a stream.
   * `crash` ends the server with every connection, before or after it was done, and starts it again with its data.
   */
  readonly kind: FaultKind
  /** Of the calls, 0 to 1. */
  readonly share: number
  /** Names of methods, such as `Commit`; all when undefined. */
  readonly methods?: readonly string[]
  /** The longest `latency`, or how long a `crash` keeps the server away. 100 unless said otherwise. */
  readonly millis?: number
}

/** The same seed and the same calls in the same order give the same faults. */
export interface FaultPlan {
  readonly seed: number
  readonly rules: readonly FaultRule[]
}

/** What happens to one call. */
export interface Trouble {
  readonly delayMillis: number
  /** Answers the call instead of doing it. */
  readonly before: Refusal | undefined
  /** Answers the call once it was done. */
  readonly after: Refusal | undefined
  /** Cuts the connection after so many messages. */
  readonly resetAfter: number | undefined
  /** Crashes the server where it would cut the connection. */
  readonly crash: { readonly isDone: boolean; readonly awayMillis: number } | undefined
}

/** The faults of one server; none until they are set. */
export interface Faults {
  set(plan: FaultPlan | undefined): void
  /** undefined where nothing happens. */
  next(method: string): Trouble | undefined
  /** How often each kind came since the plan was set. */
  counts(): Readonly<Record<FaultKind, number>>
}

const nothing = { latency: 0, unavailable: 0, deadline: 0, aborted: 0, exhausted: 0, reset: 0, crash: 0 }
const kinds: readonly string[] = Object.keys(nothing)
const longestStream = 20

export function createFaults(): Faults {
  let plan: FaultPlan | undefined
  let random = (): number => 1
  let counts = { ...nothing }
  return {
    set: (next) => {
      plan = next?.rules.length ? next : undefined
      random = createRandom(next?.seed ?? 0)
      counts = { ...nothing }
    },
    next: (method) => {
      let trouble: Trouble | undefined
      for (const rule of plan?.rules ?? []) {
        if (rule.methods && !rule.methods.includes(method)) continue
        // Drawn for each rule, whether or not it strikes: otherwise one rule would shift what another does.
        const [strikes, size] = [random() < rule.share, random()]
        if (!strikes) continue
        counts[rule.kind]++
        trouble = withFault(trouble, rule, size)
      }
      return trouble
    },
    counts: () => counts,
  }
}

const calm: Trouble = { delayMillis: 0, before: undefined, after: undefined, resetAfter: undefined, crash: undefined }

function withFault(trouble: Trouble = calm, { kind, millis = 100 }: FaultRule, size: number): Trouble {
  switch (kind) {
    case 'latency':
      return { ...trouble, delayMillis: trouble.delayMillis + size * millis }
    case 'unavailable':
      return { ...trouble, before: refusal(status.UNAVAILABLE, 'The service is currently unavailable. (fault)') }
    case 'aborted':
      return { ...trouble, before: refusal(status.ABORTED, 'Too much contention on these documents. (fault)') }
    case 'exhausted':
      return { ...trouble, before: refusal(status.RESOURCE_EXHAUSTED, 'Quota exceeded. (fault)') }
    case 'deadline':
      return { ...trouble, after: refusal(status.DEADLINE_EXCEEDED, 'Deadline exceeded. (fault)') }
    case 'reset':
      return { ...trouble, resetAfter: Math.floor(size * longestStream) }
    case 'crash':
      return {
        ...trouble,
        resetAfter: Math.floor(size * longestStream),
        crash: { isDone: size < 0.5, awayMillis: millis },
      }
  }
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A plan that came as JSON; refused with what is wrong. */
export function parseFaultPlan(json: unknown): FaultPlan {
  const { seed = 0, rules } = asObject(json, 'The faults')
  if (typeof seed !== 'number') throw invalid('"seed" must be a number.')
  if (!Array.isArray(rules)) throw invalid('"rules" must be a list.')
  return { seed, rules: rules.map(parseRule) }
}

function parseRule(json: unknown): FaultRule {
  const { kind, share, methods, millis } = asObject(json, 'A rule')
  if (!isKind(kind)) throw invalid(`"kind" must be one of ${kinds.join(', ')}.`)
  if (typeof share !== 'number' || !(share >= 0 && share <= 1)) throw invalid('"share" must be a number from 0 to 1.')
  if (methods !== undefined && !isNames(methods)) throw invalid('"methods" must be a list of names of methods.')
  if (millis !== undefined && !(typeof millis === 'number' && millis >= 0)) throw invalid('"millis" must be a number.')
  return { kind, share, ...(methods ? { methods } : {}), ...(millis === undefined ? {} : { millis }) }
}

const isKind = (value: unknown): value is FaultKind => typeof value === 'string' && kinds.includes(value)
const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')

/** A JSON object; refused by the name given where it is none. */
export function asObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${what} must be an object.`)
  return { ...value }
}
