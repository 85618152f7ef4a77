import type { Answers } from './cache.ts'
import type { Embedded } from './embedder.ts'
import { createLanes } from './lanes.ts'

/** Answers for texts by their hash. */
export interface Rounds {
  /** Rejects when the work that holds one of the texts fails, or the signal aborts. */
  ask(texts: ReadonlyMap<string, string>, signal: AbortSignal | undefined): Promise<Answers>
}

interface Round {
  /** Aborts when all who asked have gone. */
  readonly stop: AbortController
  readonly done: Promise<Answers>
  askers: number
}

/** Rounds on their way at once, so that their vectors fit into memory. */
const roundsAtOnce = 16

/** Each caller's texts are a round of `work`; a text that is in another caller's round is waited for there. */
export function createRounds(
  work: (texts: ReadonlyMap<string, string>, signal: AbortSignal) => Promise<Answers>,
): Rounds {
  const inLane = createLanes(roundsAtOnce)
  const onTheirWay = new Map<string, Round>()

  function startRound(texts: ReadonlyMap<string, string>): Round {
    const stop = new AbortController()
    const run = async (): Promise<Answers> => {
      try {
        return await inLane(() => work(texts, stop.signal))
      } finally {
        for (const hash of texts.keys()) onTheirWay.delete(hash)
      }
    }
    const round = { stop, askers: 0, done: run() }
    for (const hash of texts.keys()) onTheirWay.set(hash, round)
    return round
  }

  return {
    async ask(texts, signal) {
      signal?.throwIfAborted()
      const rounds = new Set<Round>()
      const fresh = new Map<string, string>()
      for (const [hash, text] of texts) {
        const found = onTheirWay.get(hash)
        if (found === undefined || found.stop.signal.aborted) fresh.set(hash, text)
        else rounds.add(found)
      }
      if (fresh.size > 0) rounds.add(startRound(fresh))
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
