import type { EmbeddingLimits } from './embedder.ts'

/** A text as the caps see it. */
export interface Weighed {
  /** What it counts towards the cap on tokens: the larger of its tokens and a quarter of its bytes. */
  readonly tokens: number
  readonly bytes: number
}

export interface PackingCaps {
  readonly items: number
  readonly tokens: number
  readonly bytes?: number | undefined
}

/** A call never has more tokens than four fifths of what a minute allows: it could not be sent at all. */
export function capsOf({ itemsPerCall, tokensPerCall, tokensPerMinute, bytesPerCall }: EmbeddingLimits): PackingCaps {
  const minute = tokensPerMinute === undefined ? Infinity : Math.floor(tokensPerMinute * 0.8)
  return { items: itemsPerCall, tokens: Math.min(tokensPerCall, minute), bytes: bytesPerCall }
}

/** How much of a call such texts fill, in calls: the cap that they use most. */
export function shareOfCall(texts: readonly Weighed[], caps: PackingCaps): number {
  const sum = (of: (text: Weighed) => number): number => texts.reduce((total, text) => total + of(text), 0)
  const { items, tokens, bytes = Infinity } = caps
  return Math.max(texts.length / items, sum((text) => text.tokens) / tokens, sum((text) => text.bytes) / bytes)
}

/** The least number of calls that could do, by each cap alone. */
export function fewestCalls(texts: readonly Weighed[], caps: PackingCaps): number {
  return Math.ceil(shareOfCall(texts, caps))
}

/**
 * Deals texts out so that every stretch of them is a fair share of all, long and short: whoever fills calls from the front then
 * spends all caps alike, instead of first the one and then the other.
 */
export function dealOut<T extends Weighed>(texts: readonly T[]): readonly T[] {
  const heaviestFirst = [...texts].sort((a, b) => b.tokens - a.tokens)
  // Steps of the golden ratio: every stretch of them is spread evenly over the whole.
  const order = heaviestFirst.map((text, at) => ({ text, turn: (at * 0.618_033_988_749_895) % 1 }))
  return order.sort((a, b) => a.turn - b.turn).map(({ text }) => text)
}

export interface Filled<T> {
  readonly batch: readonly T[]
  /** What found no room, in the order given. */
  readonly rest: readonly T[]
  /** Nothing more would have room. */
  readonly full: boolean
}

/** One call filled from the front with whatever still has room below every cap. A text over a cap by itself goes alone. */
export function fillCall<T extends Weighed>(texts: readonly T[], caps: PackingCaps): Filled<T> {
  const batch: T[] = []
  const rest: T[] = []
  const room = { tokens: caps.tokens, bytes: caps.bytes ?? Infinity }
  for (const text of texts) {
    const fits = batch.length < caps.items && text.tokens <= room.tokens && text.bytes <= room.bytes
    if (!fits && batch.length > 0) {
      rest.push(text)
      continue
    }
    batch.push(text)
    room.tokens -= text.tokens
    room.bytes -= text.bytes
  }
  return { batch, rest, full: rest.length > 0 || batch.length >= caps.items }
}
