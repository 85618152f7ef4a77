/** Numbers from 0 to below 1. */
export type Random = () => number

/** The seed of the run: LOCKSTEP_SEED repeats one. */
export const seed = Number(process.env['LOCKSTEP_SEED'] ?? 20_261_122)

/** A small seeded generator (mulberry32), so that a failing run can be had again. */
export function createRandom(start: number): Random {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
