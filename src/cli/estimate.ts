/** Not before this much is done, and not before this many seconds: a guess from less is none. */
const leastShare = 0.01
const leastSeconds = 5

/** How fast the recent past counts less: seconds after which half of it is forgotten. */
const halfLife = 30

export interface Estimate {
  /** 0 to 100, whole. */
  readonly percent: number
  /** A second; undefined before anything moved. */
  readonly rate: number | undefined
  /** Seconds left, at least and at most. */
  readonly left: readonly [number, number] | undefined
}

export interface Estimator {
  /** What is known at `seconds` since the start; figures of the same work never go back. */
  update(done: number, expected: number, seconds: number): Estimate
}

interface Seen {
  readonly done: number
  readonly seconds: number
}

/** Work and time, both fading, so that their quotient is the pace from the first moment on. */
type Pace = Seen

/** Estimates one piece of work from its own pace, the recent past weighing most. */
export function createEstimator(): Estimator {
  let began: Seen | undefined
  let last: Seen | undefined
  let pace: Pace = { done: 0, seconds: 0 }
  return {
    update(done, expected, seconds) {
      began ??= { done, seconds }
      if (last !== undefined) pace = fade(pace, last, { done, seconds })
      if (last === undefined || seconds > last.seconds) last = { done, seconds }
      const rate = pace.seconds === 0 ? undefined : pace.done / pace.seconds
      const share = expected === 0 ? 1 : Math.min(done / expected, 1)
      const early = share < leastShare || seconds - began.seconds < leastSeconds
      return {
        percent: Math.floor(share * 100),
        rate,
        left: early || share === 1 ? undefined : rangeOf(expected - done, rate),
      }
    },
  }
}

function fade(pace: Pace, last: Seen, now: Seen): Pace {
  const passed = now.seconds - last.seconds
  if (passed <= 0) return pace
  const kept = 0.5 ** (passed / halfLife)
  return { done: pace.done * kept + Math.max(now.done - last.done, 0), seconds: pace.seconds * kept + passed }
}

function rangeOf(left: number, rate: number | undefined): readonly [number, number] | undefined {
  return rate === undefined || rate === 0 ? undefined : [(left / rate) * 0.8, (left / rate) * 1.4]
}
