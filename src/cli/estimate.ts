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

/** Estimates one piece of work from its own pace, the recent past weighing most. */
export function createEstimator(): Estimator {
  const measure = createPaceMeter()
  let began: number | undefined
  return {
    update(done, expected, seconds) {
      began ??= seconds
      const rate = measure(done, seconds)
      const share = expected === 0 ? 1 : Math.min(done / expected, 1)
      const known = share >= leastShare && share < 1 && seconds - began >= leastSeconds
      const left = known && rate !== undefined && rate > 0 ? (expected - done) / rate : undefined
      return { percent: Math.floor(share * 100), rate, left: left === undefined ? undefined : [left * 0.8, left * 1.4] }
    },
  }
}

/** Units a second as a moving average whose memory halves every few seconds; undefined before the second look. */
function createPaceMeter(): (done: number, seconds: number) => number | undefined {
  let rate: number | undefined
  let last: { readonly done: number; readonly seconds: number } | undefined
  return (done, seconds) => {
    const passed = last === undefined ? 0 : seconds - last.seconds
    if (last !== undefined && passed > 0) {
      const now = Math.max(done - last.done, 0) / passed
      rate = rate === undefined ? now : rate + (1 - 0.5 ** (passed / halfLife)) * (now - rate)
    }
    if (last === undefined || passed > 0) last = { done, seconds }
    return rate
  }
}
