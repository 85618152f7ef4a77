import type { Clock } from '../kernel/clock.ts'
import type { CallWatch, Embedded } from './embedder.ts'
import { dealOut, fillCall } from './packing.ts'
import type { PackingCaps } from './packing.ts'
import type { Sendable } from './patient-call.ts'
import type { Sender, SendContext } from './sender.ts'

/** Texts that one caller waits for. */
interface Ask {
  readonly signal: AbortSignal | undefined
  readonly watch: CallWatch | undefined
  readonly leisure: AbortSignal | undefined
  readonly done: Promise<ReadonlyMap<number, Embedded>>
  readonly resolve: () => void
  readonly reject: (problem: unknown) => void
  readonly answers: Map<number, Embedded>
  left: number
  /** Calls on their way that hold some of its texts. */
  calls: number
  problem?: { readonly error: unknown }
}

/** A text and its place in what was asked for. */
export interface Placed extends Sendable {
  readonly place: number
}

interface Queued extends Placed {
  readonly ask: Ask
}

export interface CallQueueOptions {
  readonly sender: Sender
  readonly caps: PackingCaps
  /** Calls on their way at once. */
  readonly callsAtOnce: number
  readonly clock: Clock
}

interface AskOptions {
  readonly signal?: AbortSignal | undefined
  readonly watch?: CallWatch | undefined
  /** Until it aborts these texts are sent in full calls alone, or with what others need. */
  readonly leisure?: AbortSignal | undefined
}

export interface CallQueue {
  /**
   * Answers by place. Rejects when a call failed for what is not one text's fault, or the signal aborted, but not before the calls
   * that hold its texts have ended: what they bring is paid for.
   */
  ask(texts: readonly Placed[], options: AskOptions): Promise<ReadonlyMap<number, Embedded>>
}

/** Milliseconds for which callers may come back with more before a call that is not full is sent. */
const gatherFor = 50

/**
 * All callers' texts in full calls. One that is not full waits for more texts as long as others are on their way, and a moment longer:
 * their callers come back with more. Where nobody needs any of its texts yet, it waits on.
 */
export function createCallQueue({ sender, caps, callsAtOnce, clock }: CallQueueOptions): CallQueue {
  let queue: readonly Queued[] = []
  let onTheirWay = 0
  const gather = createGathering(clock, () => pump(true))

  function pump(gathered = false): void {
    while (queue.length > 0 && onTheirWay < callsAtOnce) {
      const { batch, rest, full } = fillCall(queue, caps)
      if (!full && (onTheirWay > 0 || !queue.some(({ ask }) => isNeeded(ask)))) return
      if (!full && !gathered) return gather()
      queue = rest
      void run(batch)
    }
  }

  async function run(batch: readonly Queued[]): Promise<void> {
    onTheirWay++
    const asks = new Set(batch.map(({ ask }) => ask))
    for (const ask of asks) ask.calls++
    const failure = await sendFor(sender, batch, asks)
    if (failure?.everybodys === true) for (const { ask } of queue) fail(ask, failure.error)
    for (const ask of failure === undefined ? [] : asks)
      fail(ask, ask.signal?.aborted === true ? ask.signal.reason : failure?.error)
    for (const ask of asks) settle(ask, --ask.calls)
    onTheirWay--
    pump()
  }

  function fail(ask: Ask, error: unknown): void {
    ask.problem ??= { error }
    queue = queue.filter((each) => each.ask !== ask)
    settle(ask)
  }

  return {
    ask(texts, options) {
      const ask = createAsk(texts.length, options)
      const leave = (): void => fail(ask, options.signal?.reason)
      const release = [onAbort(options.signal, leave), onAbort(options.leisure, () => pump())]
      queue = [...queue, ...dealOut(texts).map((text) => ({ ...text, ask }))]
      if (options.signal?.aborted === true) leave()
      settle(ask)
      pump()
      return ask.done.finally(() => {
        for (const end of release) end()
      })
    },
  }
}

/** Listens until the function that is returned is called. */
function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  signal?.addEventListener('abort', listener, { once: true })
  return () => signal?.removeEventListener('abort', listener)
}

function isNeeded({ leisure }: Ask): boolean {
  return leisure?.aborted !== false
}

function createAsk(left: number, { signal, watch, leisure }: AskOptions): Ask {
  const answers = new Map<number, Embedded>()
  let end: Pick<Ask, 'resolve' | 'reject'> = { resolve: () => {}, reject: () => {} }
  const done = new Promise<ReadonlyMap<number, Embedded>>((resolve, reject) => {
    end = { resolve: () => resolve(answers), reject }
  })
  return { signal, watch, leisure, answers, left, calls: 0, done, ...end }
}

/** Calls `then` a moment later, once however often it is asked meanwhile. */
function createGathering(clock: Clock, then: () => void): () => undefined {
  let gathering = false
  return () => {
    if (gathering) return
    gathering = true
    void clock.sleep(gatherFor).finally(() => {
      gathering = false
      then()
    })
  }
}

interface SendFailure {
  readonly error: unknown
  /** What is not one text's fault is everybody's who waits; an interrupt is only theirs who left. */
  readonly everybodys: boolean
}

async function sendFor(
  sender: Sender,
  batch: readonly Queued[],
  asks: ReadonlySet<Ask>,
): Promise<SendFailure | undefined> {
  const { signal, release } = whenAllLeave(asks)
  try {
    await sender.send(batch, contextOf(batch, signal))
    return undefined
  } catch (error) {
    return { error, everybodys: !signal.aborted }
  } finally {
    release()
  }
}

/** What the sender is given: answers are noted, then told to the watch, before the sender goes on. */
function contextOf(batch: readonly Queued[], signal: AbortSignal): SendContext<Queued> {
  const watch = batch.find(({ ask }) => ask.watch !== undefined)?.ask.watch
  return {
    signal,
    reserve: async (tokens) => (await watch?.reserve(tokens)) ?? (() => Promise.resolve()),
    async answered(texts, answers) {
      for (const [at, { ask, place }] of texts.entries()) note(ask, place, answers[at])
      await watch?.answered(
        texts.map(({ text }) => text),
        answers,
      )
    },
  }
}

function note(ask: Ask, place: number, answer: Embedded | undefined): void {
  if (answer === undefined) return
  ask.answers.set(place, answer)
  ask.left--
}

function settle(ask: Ask, calls = ask.calls): void {
  if (calls > 0) return
  if (ask.problem !== undefined) ask.reject(ask.problem.error)
  else if (ask.left === 0) ask.resolve()
}

/** Aborts when every one of them has. */
function whenAllLeave(asks: ReadonlySet<Ask>): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const look = (): void => {
    if ([...asks].every(({ signal }) => signal?.aborted === true)) controller.abort([...asks][0]?.signal?.reason)
  }
  for (const { signal } of asks) signal?.addEventListener('abort', look)
  look()
  return {
    signal: controller.signal,
    release() {
      for (const { signal } of asks) signal?.removeEventListener('abort', look)
    },
  }
}
