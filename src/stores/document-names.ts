/**
 * Where a text stands against another in the order of their UTF-8 bytes, which is Firestore's order of ids;
 * JavaScript's own order differs for characters outside the basic plane.
 */
export function compareIds(a: string, b: string): number {
  return compareUnits(a, b, rank)
}

function compareUnits(a: string, b: string, rankOf: (unit: number) => number): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rankOf(x) - rankOf(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above every other UTF-16 unit, though their own numbers are lower. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/** The end of an id comes before every character that could follow in it. */
function rankInName(unit: number): number {
  return unit === slash ? -1 : rank(unit)
}

const slash = 0x2f

/** Firestore's order of relative document names: id by id, numeric ids (`__id7__`) first, a parent before its children. */
export function compareNames(a: string, b: string): number {
  // Without numeric ids one look at the characters tells: it is asked of every document that is read.
  if (!a.includes('__id') && !b.includes('__id')) return compareUnits(a, b, rankInName)
  const left = a.split('/')
  const right = b.split('/')
  const length = Math.min(left.length, right.length)
  for (let i = 0; i < length; i++) {
    const order = compareSegments(left[i] ?? '', right[i] ?? '')
    if (order !== 0) return order
  }
  return left.length - right.length
}

function compareSegments(a: string, b: string): number {
  const x = numericId(a)
  const y = numericId(b)
  if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : 0
  if (x !== undefined) return -1
  if (y !== undefined) return 1
  return compareIds(a, b)
}

function numericId(segment: string): bigint | undefined {
  if (!segment.startsWith('__id')) return undefined
  const digits = /^__id(-?\d+)__$/.exec(segment)?.[1]
  return digits === undefined ? undefined : BigInt(digits)
}
