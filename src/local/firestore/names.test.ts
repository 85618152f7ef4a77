import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyOf, nameKey, parseDocumentName, separator } from './names.ts'

const unit = fc.constantFrom(
  'a',
  'b',
  '~',
  '\u0000',
  '\u0001',
  '\u0002',
  'é',
  '\ud7ff',
  '\ue000',
  '\uffee',
  '😀',
  '__id',
  '_',
  '7',
)
const numeric = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((id) => `__id${id}__`)
const segment = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit, minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: numeric },
)
const path = fc.array(segment, { minLength: 1, maxLength: 3 })

/** The order as it is documented: segment by segment, numeric ids first by value, then by UTF-8 bytes. */
function compareSegments(left: readonly string[], right: readonly string[]): number {
  for (const [at, a] of left.entries()) {
    const b = right[at]
    if (b === undefined) return 1
    const [x, y] = [idOf(a), idOf(b)]
    if (x !== undefined && y !== undefined && x !== y) return x < y ? -1 : 1
    if ((x === undefined) !== (y === undefined)) return x === undefined ? 1 : -1
    const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b))
    if (bytes !== 0) return bytes
  }
  return left.length - right.length
}

function idOf(text: string): bigint | undefined {
  const digits = /^__id(0|-?[1-9]\d*)__$/.exec(text)?.[1]
  return digits !== undefined && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits) ? BigInt(digits) : undefined
}

test('plain order of sort keys is the order of names', () => {
  fc.assert(
    fc.property(path, path, (left, right) => {
      const [a, b] = [keyOf(left), keyOf(right)]
      expect(a < b ? -1 : a > b ? 1 : 0).toBe(Math.sign(compareSegments(left, right)))
    }),
    { numRuns: 2000 },
  )
})

test('the key of a name is that of its segments, and a subtree is a prefix', () => {
  fc.assert(
    fc.property(path, path, (above, below) => {
      expect(nameKey(above.join('/'))).toBe(keyOf(above))
      expect(keyOf([...above, ...below])).toBe(keyOf(above) + separator + keyOf(below))
    }),
    { numRuns: 500 },
  )
})

const root = 'projects/p/databases/(default)/documents'

test.each([
  ['', 'names no document'],
  ['/a', 'names no document'],
  ['/a/.', 'contains a resource id "."'],
  ['/a/__x__', 'reserved'],
  [`/a/${'é'.repeat(751)}`, 'longer than 1500 bytes'],
  [
    `/${Array(5)
      .fill(`a/${'b'.repeat(1400)}`)
      .join('/')}`,
    'longer than 6144 bytes',
  ],
  [`/${Array(101).fill('a/b').join('/')}`, 'Cannot exceed 100'],
])('a wrong name is refused and told why: %s', (path, why) => {
  expect(() => parseDocumentName(root + path)).toThrow(why)
})
