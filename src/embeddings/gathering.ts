import type { Clock } from '../kernel/clock.ts'
import type { Answers } from './cache.ts'
import type { Embedded } from './embedder.ts'
import { createLanes } from './lanes.ts'

/** Answers for texts by their hash. */
export interface Gathering {
  /** Rejects when the work that holds one of the texts fails, or the signal aborts. */
  ask(texts: ReadonlyMap<string, string>, signal: AbortSignal | undefined): Promise<Answers>
}

interface Round {
  readonly texts: Map<string, string>
  /** Aborts when all who asked have gone. */
  readonly stop: AbortController
  readonly done: Promise<Answers>
  askers: number
}

/** Rounds on their way at once, so that their texts fit into memory; while there are so many, texts go on gathering. */
const roundsAtOnce = 16

/**
 * Texts that several workers ask for within `wait` milliseconds go to `work` together, and a text that is on its way is not
 * asked for twice.
 */
export function createGathering(
  work: (texts: ReadonlyMap<string, string>, signal: AbortSignal) => Promise<Answers>,
  { wait, clock }: { readonly wait: number; readonly clock: Clock },
): Gathering {
  const inLane = createLanes(roundsAtOnce)
  const onTheirWay = new Map<string, Round>()
  let open: Round | undefined

  function openRound(): Round {
    const texts = new Map<string, string>()
    const stop = new AbortController()
    const run = async (): Promise<Answers> => {
      try {
        await clock.sleep(wait)
        return await inLane(() => {
          open = undefined
          stop.signal.throwIfAborted()
          return work(texts, stop.signal)
        })
      } finally {
        for (const hash of texts.keys()) onTheirWay.delete(hash)
      }
    }
    return { texts, stop, askers: 0, done: run() }
  }

  function roundOf(hash: string, text: string): Round {
    const found = onTheirWay.get(hash)
    if (found !== undefined && !found.stop.signal.aborted) return found
    open ??= openRound()
    open.texts.set(hash, text)
    onTheirWay.set(hash, open)
    return open
  }

  return {
    async ask(texts, signal) {
      signal?.throwIfAborted()
      const rounds = new Set([...texts].map(([hash, text]) => roundOf(hash, text)))
      for (const round of rounds) join(round, signal)
      const results = await Promise.allSettled([...rounds].map(({ done }) => done))
      const answers = new Map<string, Embedded>()
      for (const result of results) {
        if (result.status === 'rejected') throw signal?.aborted === true ? signal.reason : result.reason
        for (const [hash, answer] of result.value) if (texts.has(hash)) answers.set(hash, answer)
      }
      return answers
    },
  }
}

function join(round: Round, signal: AbortSignal | undefined): void {
  round.askers++
  const leave = (): void => {
    if (--round.askers === 0) round.stop.abort(signal?.reason)
  }
  signal?.addEventListener('abort', leave, { once: true })
  const stay = (): void => signal?.removeEventListener('abort', leave)
  round.done.then(stay, stay)
}
