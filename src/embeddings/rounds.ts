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
  /**
   * Rejects when the work that holds one of the texts fails, or the signal aborts; then not before the work that it leaves alone has
   * ended, whose answers are paid for. Texts of work that was left are asked for when that has ended.
   */
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

  /** The ends of rounds that all have left: what those had sent is paid for, and kept when they end. */
  function stoppedAmong(texts: ReadonlyMap<string, string>): readonly Promise<Answers>[] {
    const found = new Set([...texts.keys()].map((hash) => onTheirWay.get(hash)))
    return [...found].flatMap((round) => (round?.stop.signal.aborted === true ? [round.done] : []))
  }

  return {
    async ask(texts, { signal, leisure }) {
      signal?.throwIfAborted()
      for (let stopped = stoppedAmong(texts); stopped.length > 0; stopped = stoppedAmong(texts)) {
        await Promise.allSettled(stopped)
        signal?.throwIfAborted()
      }
      const rounds = new Set<Round>()
      const fresh = new Map<string, string>()
      for (const [hash, text] of texts) {
        const found = onTheirWay.get(hash)
        if (found === undefined) fresh.set(hash, text)
        else rounds.add(found)
      }
      if (fresh.size > 0) rounds.add(startRound(fresh, leisure !== undefined))
      const results = await Promise.allSettled([...rounds].map((round) => join(round, { signal, leisure })))
      const answers = new Map<string, Embedded>()
      for (const result of results) {
        if (result.status === 'rejected') throw signal?.aborted === true ? signal.reason : result.reason
        for (const [hash, answer] of result.value) if (texts.has(hash)) answers.set(hash, answer)
      }
      return answers
    },
  }
}

/** Its answers. Who leaves others with it need not wait; the last waits until what is on its way has ended. */
function join(round: Round, { signal, leisure }: RoundOptions): Promise<Answers> {
  round.askers++
  const hurry = (): void => round.needed.abort()
  if (leisure?.aborted === false) leisure.addEventListener('abort', hurry, { once: true })
  else hurry()
  return new Promise<Answers>((resolve, reject) => {
    const leave = (): void => {
      if (--round.askers === 0) round.stop.abort(signal?.reason)
      else reject(signal?.reason)
    }
    signal?.addEventListener('abort', leave, { once: true })
    const stay = (): void => {
      signal?.removeEventListener('abort', leave)
      leisure?.removeEventListener('abort', hurry)
    }
    round.done.then(resolve, reject).then(stay, stay)
  })
}
