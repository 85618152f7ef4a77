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

interface Bin<T> {
  readonly items: T[]
  tokens: number
  bytes: number
}

/** The least number of calls that could do, by each cap alone. */
export function fewestCalls(texts: readonly Weighed[], caps: PackingCaps): number {
  const sum = (of: (text: Weighed) => number): number => texts.reduce((total, text) => total + of(text), 0)
  return Math.max(
    Math.ceil(texts.length / caps.items),
    Math.ceil(sum((text) => text.tokens) / caps.tokens),
    caps.bytes === undefined ? 0 : Math.ceil(sum((text) => text.bytes) / caps.bytes),
  )
}

/**
 * Batches below every cap, as few as can be: the heaviest texts first, each into the lightest batch that has room. A
 * text over a cap by itself is a batch of its own.
 */
export function packTexts<T extends Weighed>(texts: readonly T[], caps: PackingCaps): readonly (readonly T[])[] {
  const share = (text: Weighed): number => Math.max(text.tokens / caps.tokens, text.bytes / (caps.bytes ?? Infinity))
  const heaviestFirst = [...texts].sort((a, b) => share(b) - share(a))
  const alone = heaviestFirst.filter((text) => share(text) >= 1)
  const rest = heaviestFirst.slice(alone.length)
  for (let count = fewestCalls(rest, caps); ; count++) {
    const bins = spread(rest, caps, count)
    if (bins !== undefined) return [...alone.map((text) => [text]), ...bins.map(({ items }) => items)]
  }
}

/** Undefined where the texts do not fit into so many batches this way. */
function spread<T extends Weighed>(texts: readonly T[], caps: PackingCaps, count: number): Bin<T>[] | undefined {
  const bins = Array.from({ length: count }, (): Bin<T> => ({ items: [], tokens: 0, bytes: 0 }))
  for (const text of texts) {
    const bin = lightestWithRoom(bins, text, caps)
    if (bin === undefined) return undefined
    bin.items.push(text)
    bin.tokens += text.tokens
    bin.bytes += text.bytes
  }
  return bins
}

function lightestWithRoom<T>(bins: readonly Bin<T>[], text: Weighed, caps: PackingCaps): Bin<T> | undefined {
  let lightest: Bin<T> | undefined
  for (const bin of bins) {
    const room =
      bin.items.length < caps.items &&
      bin.tokens + text.tokens <= caps.tokens &&
      bin.bytes + text.bytes <= (caps.bytes ?? Infinity)
    if (room && (lightest === undefined || bin.tokens < lightest.tokens)) lightest = bin
  }
  return lightest
}
