import { expect, test } from 'vitest'
import { createQuickClock } from '../../test/embeddings/mock-embedder.ts'
import { createCallQueue } from './call-queue.ts'
import type { CallQueue, Placed } from './call-queue.ts'
import type { Sendable } from './patient-call.ts'
import type { Sender, SendContext } from './sender.ts'

interface Sending {
  readonly texts: readonly string[]
  readonly signal: AbortSignal
  /** Ends the call with answers, or with this problem. */
  end(problem?: unknown): Promise<void>
}

/** A sender whose calls end when the test says so, or when their signal aborts. */
function createHeldSender(): { readonly sender: Sender; readonly calls: Sending[] } {
  const calls: Sending[] = []
  const sender: Sender = {
    send<Text extends Sendable>(batch: readonly Text[], { signal, answered }: SendContext<Text>) {
      return new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        calls.push({
          texts: batch.map(({ text }) => text),
          signal,
          async end(problem) {
            if (problem !== undefined) return reject(problem)
            await answered(
              batch,
              batch.map(() => ({ vector: Float32Array.of(1) })),
            )
            resolve()
          },
        })
      })
    },
  }
  return { sender, calls }
}

const placed = (...texts: readonly string[]): readonly Placed[] =>
  texts.map((text, place) => ({ text, place, tokens: 1, bytes: 1 }))
const outcome = (asked: ReturnType<CallQueue['ask']>): Promise<unknown> =>
  asked.then(
    (answers) => answers.size,
    (error: unknown) => error,
  )

/** Four callers, of whom the second and the third share a call. */
function stage(signals: readonly (AbortSignal | undefined)[]): {
  readonly calls: Sending[]
  readonly outcomes: readonly Promise<unknown>[]
} {
  const { sender, calls } = createHeldSender()
  const queue = createCallQueue({ sender, caps: { items: 2, tokens: 100 }, callsAtOnce: 1, clock: createQuickClock() })
  const outcomes = [placed('a', 'b'), placed('c'), placed('d'), placed('e', 'f')].map((texts, at) =>
    outcome(queue.ask(texts, { signal: signals[at] })),
  )
  return { calls, outcomes }
}

const turn = (): Promise<void> => new Promise(setImmediate)

test('a shared call goes on while one of its callers stays, and is interrupted when all have left', async () => {
  const [early, late] = [new AbortController(), new AbortController()]
  const { calls, outcomes } = stage([undefined, early.signal, late.signal, undefined])
  await calls[0]?.end()
  await turn()
  expect(calls[1]?.texts.toSorted()).toEqual(['c', 'd'])
  early.abort(new Error('early'))
  expect(calls[1]?.signal.aborted).toBe(false)
  late.abort(new Error('late'))
  expect(calls[1]?.signal.aborted).toBe(true)
  await turn()
  // Nobody else is told: the last caller's texts are sent.
  expect(calls[2]?.texts.toSorted()).toEqual(['e', 'f'])
  await calls[2]?.end()
  expect(await Promise.all(outcomes)).toEqual([2, new Error('early'), new Error('late'), 2])
})

test('a call that nobody needs yet waits until it is full, or somebody needs one of its texts', async () => {
  const { sender, calls } = createHeldSender()
  const queue = createCallQueue({ sender, caps: { items: 3, tokens: 100 }, callsAtOnce: 2, clock: createQuickClock() })
  const [one, other] = [new AbortController(), new AbortController()]
  const ask = (leisure: AbortController, ...texts: readonly string[]): Promise<unknown> =>
    outcome(queue.ask(placed(...texts), { leisure: leisure.signal }))
  const outcomes = [ask(one, 'a', 'b')]
  await turn()
  expect(calls).toHaveLength(0)
  outcomes.push(ask(other, 'c', 'd'))
  expect(calls[0]?.texts.toSorted()).toHaveLength(3)
  await calls[0]?.end()
  await turn()
  await turn()
  expect(calls).toHaveLength(1)
  other.abort()
  for (let n = 0; n < 5; n++) await turn()
  expect(calls.flatMap(({ texts }) => texts).toSorted()).toEqual(['a', 'b', 'c', 'd'])
  await calls[1]?.end()
  expect(await Promise.all(outcomes)).toEqual([2, 2])
})

test('what is nobody’s fault fails all who wait, before anything else is sent', async () => {
  const { calls, outcomes } = stage([])
  const problem = new Error('the key is refused')
  await calls[0]?.end(problem)
  expect(await Promise.all(outcomes)).toEqual([problem, problem, problem, problem])
  expect(calls).toHaveLength(1)
})
