import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dealOut, fewestCalls, fillCall } from './packing.ts'
import type { PackingCaps, Weighed } from './packing.ts'
import { loadTokenCounter } from './tokenizer.ts'

const caps = { items: 2048, tokens: 280_000 }
/** All calls that these texts take, when nothing else is on its way. */
function packTexts<T extends Weighed>(texts: readonly T[], of: PackingCaps): readonly (readonly T[])[] {
  const batches: (readonly T[])[] = []
  for (let left = dealOut(texts); left.length > 0;) {
    const { batch, rest } = fillCall(left, of)
    batches.push(batch)
    left = rest
  }
  return batches
}

const weighed = (tokens: number): { tokens: number; bytes: number } => ({ tokens, bytes: tokens * 4 })

const texts = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1, max: 300 }) },
    { weight: 2, arbitrary: fc.integer({ min: 300, max: 8_191 }) },
    { weight: 1, arbitrary: fc.constantFrom(1, 8_191) },
  ),
  { minLength: 1, maxLength: 60 },
)
/** A few hundred to some thousand texts, as a page has them. */
const pages = fc.tuple(texts, fc.integer({ min: 1, max: 80 })).map(([some, times]) => {
  return Array.from({ length: times }, () => some.map(weighed)).flat()
})

test('every text is in one batch, no batch is above a cap, and batches are as few as the caps allow', () => {
  fc.assert(
    fc.property(
      pages,
      fc.constantFrom(caps, { items: 96, tokens: 100_000 }, { items: 9, tokens: 70_000 }),
      (page, of) => {
        const batches = packTexts(page, of)
        expect(new Set(batches.flat()).size).toBe(page.length)
        expect(batches.flat()).toHaveLength(page.length)
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(of.items)
          expect(batch.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(of.tokens)
        }
        const fewest = fewestCalls(page, of)
        // A whole batch more only where the last one would have to be full to the token.
        expect(batches.length).toBeLessThanOrEqual(Math.max(fewest * 1.05, fewest + 1))
        const slack = fewest * of.tokens - page.reduce((sum, { tokens }) => sum + tokens, 0)
        if (slack > fewest * 8_191) expect(batches.length).toBe(fewest)
      },
    ),
    { numRuns: 150 },
  )
})

test('few long texts and many short ones share batches: neither cap is spent alone', () => {
  const page = [...Array.from({ length: 68 }, () => weighed(8_000)), ...Array.from({ length: 4_000 }, () => weighed(3))]
  expect(packTexts(page, caps)).toHaveLength(2)
})

test('bytes cap a batch as well, and a text above a cap goes alone', () => {
  const batches = packTexts([weighed(10), weighed(10), weighed(10)], { ...caps, bytes: 80 })
  expect(batches.map((batch) => batch.length)).toEqual([2, 1])
  const sizes = packTexts([weighed(3), weighed(300_000), weighed(3)], caps).map((batch) => batch.length)
  expect(sizes.toSorted()).toEqual([1, 2])
  expect(packTexts([], caps)).toEqual([])
})

test('tokens are counted as the models count them, markers of theirs are text, and long runs stay quick', async () => {
  const count = await loadTokenCounter()
  expect(count('tiktoken is great!')).toBe(6)
  expect(count('')).toBe(0)
  expect(count('a <|endoftext|> b')).toBe(8)
  // Counted as one run this would take minutes.
  expect(count('日本語'.repeat(100_000))).toBeGreaterThan(200_000)
})
