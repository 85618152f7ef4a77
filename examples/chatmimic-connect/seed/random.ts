/** A repeatable stream of numbers. The same key gives the same stream on every machine. */
export interface Random {
  /** In [0, 1), with 32 bits. */
  next(): number
  /** A whole number in [0, limit). */
  below(limit: number): number
  pick<T>(choices: readonly [T, ...T[]]): T
  chance(probability: number): boolean
}

/** One stream for one key; streams of different keys are independent, so parts can be generated in any order. */
export function createRandom(...key: readonly (string | number)[]): Random {
  let state = hash(key.join('\u0000'))
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    return (mix(state) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    next,
    below,
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
    chance: (probability) => next() < probability,
  }
}

/** A weight of at least 1 with a heavy tail (Pareto, about 80/20), at most `cap`. */
export function skewed(random: Random, cap: number): number {
  return Math.min(cap, (1 - random.next()) ** (-1 / 1.16))
}

/** Splits `total` into `count` whole parts in proportion to their weights; the sum is exactly `total`. */
export function* share(total: number, count: number, weight: (index: number) => number): Generator<number, undefined> {
  let sum = 0
  for (let index = 0; index < count; index++) sum += weight(index)
  let reached = 0
  let given = 0
  for (let index = 0; index < count; index++) {
    reached += weight(index)
    const upTo = index === count - 1 ? total : Math.floor((total * reached) / sum)
    yield upTo - given
    given = upTo
  }
  return undefined
}

/** `length` letters and digits. */
export function randomId(random: Random, length: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  return Array.from({ length }, () => letters.charAt(random.below(letters.length))).join('')
}

function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return mix(value)
}

function mix(input: number): number {
  let value = input | 0
  value = Math.imul(value ^ (value >>> 16), 0x21f0aaad)
  value = Math.imul(value ^ (value >>> 15), 0x735a2d97)
  return value ^ (value >>> 15)
}
