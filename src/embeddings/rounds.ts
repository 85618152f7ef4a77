import type { Answers } from './cache.ts'
import type { Embedded } from './embedder.ts'
import { createLanes } from './lanes.ts'

export interface RoundOptions {
  readonly signal: AbortSignal | undefined
  /** Nobody needs the answers before it aborts; left out, they are needed now. */
  readonly leisure?: AbortSignal | undefined
}

/** Answers for texts by their hash. */
export interface Rounds {
  /** Rejects when the work that holds one of the texts fails, or the signal aborts. */
  ask(texts: ReadonlyMap<string, string>, options: RoundOptions): Promise<Answers>
}

interface Round {
  /** Aborts when all who asked have gone. */
  readonly stop: AbortController
  /** Aborts when one who asked needs its answers. */
  readonly needed: AbortController
  readonly done: Promise<Answers>
  askers: number
}

export type RoundWork = (
  texts: ReadonlyMap<string, string>,
  signals: { readonly signal: AbortSignal; readonly leisure: AbortSignal },
) => Promise<Answers>

/** Rounds on their way at once, so that their vectors fit into memory; whoever has leisure sees to that himself. */
const roundsAtOnce = 16

/** Each caller's texts are a round of `work`; a text that is in another caller's round is waited for there. */
export function createRounds(work: RoundWork): Rounds {
  const inLane = createLanes(roundsAtOnce)
  const onTheirWay = new Map<string, Round>()

  function startRound(texts: ReadonlyMap<string, string>, hasLeisure: boolean): Round {
    const [stop, needed] = [new AbortController(), new AbortController()]
    const start = (): Promise<Answers> => work(texts, { signal: stop.signal, leisure: needed.signal })
    const run = async (): Promise<Answers> => {
      try {
        return await (hasLeisure ? start() : inLane(start))
      } finally {
        for (const hash of texts.keys()) onTheirWay.delete(hash)
      }
    }
    const round = { stop, needed, askers: 0, done: run() }
    for (const hash of texts.keys()) onTheirWay.set(hash, round)
    return round
  }

  return {
    async ask(texts, { signal, leisure }) {
      signal?.throwIfAborted()
      const rounds = new Set<Round>()
      const fresh = new Map<string, string>()
      for (const [hash, text] of texts) {
        const found = onTheirWay.get(hash)
        if (found === undefined || found.stop.signal.aborted) fresh.set(hash, text)
        else rounds.add(found)
      }
      if (fresh.size > 0) rounds.add(startRound(fresh, leisure !== undefined))
      for (const round of rounds) join(round, { signal, leisure })
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

function join(round: Round, { signal, leisure }: RoundOptions): void {
  round.askers++
  const leave = (): void => {
    if (--round.askers === 0) round.stop.abort(signal?.reason)
  }
  const hurry = (): void => round.needed.abort()
  signal?.addEventListener('abort', leave, { once: true })
  if (leisure?.aborted === false) leisure.addEventListener('abort', hurry, { once: true })
  else hurry()
  const stay = (): void => {
    signal?.removeEventListener('abort', leave)
    leisure?.removeEventListener('abort', hurry)
  }
  round.done.then(stay, stay)
}
