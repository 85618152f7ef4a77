import { beforeAll, expect, test } from 'vitest'
import { createRandom } from '../../test/torture/seeded.ts'
import { estimateEmbedding, lengthClasses, samplesPerClass } from './estimate.ts'
import type { EstimateInput, LengthClass } from './estimate.ts'
import { loadTokenCounter } from './tokenizer.ts'
import type { CountTokens } from './tokenizer.ts'

let countTokens: CountTokens
beforeAll(async () => {
  countTokens = await loadTokenCounter()
})

const words =
  'invoice Rechnung {"id":42} 日本語 the of and reply customer https://example.org/a?b=1 tomorrow ÄÖÜ'.split(' ')
const terms: EstimateInput['terms'] = {
  limits: { itemsPerCall: 2_048, tokensPerCall: 280_000, requestsPerMinute: 3_000, tokensPerMinute: 1_000_000 },
  usdPerMillionTokens: 0.13,
}

function corpus(count: number, seed: number): readonly string[] {
  const random = createRandom(seed)
  const word = (): string => words[Math.floor(random() * words.length)] ?? ''
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + Math.floor(random() ** 3 * 300) }, word).join(' '),
  )
}

function classify(texts: readonly string[], samples: number): readonly LengthClass[] {
  const bounds = [0, ...lengthClasses, Infinity]
  return bounds.slice(1).map((high, at) => {
    const of = texts.filter((text) => Buffer.byteLength(text) > bounds[at]! && Buffer.byteLength(text) <= high)
    return {
      texts: of.length,
      bytes: of.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
      samples: of.slice(0, samples),
    }
  })
}

test('the true number of tokens lies in the range, and the range is narrow', () => {
  let within = 0
  for (let seed = 1; seed <= 10; seed++) {
    const texts = corpus(600, seed)
    const truth = texts.reduce((sum, text) => sum + countTokens(text), 0)
    const { tokens, sampled } = estimateEmbedding({ classes: classify(texts, 60), terms, countTokens })
    expect(sampled).toBeLessThan(360)
    expect(tokens.high / tokens.low).toBeLessThan(1.1)
    if (tokens.low <= truth && truth <= tokens.high) within++
  }
  expect(within).toBeGreaterThanOrEqual(9)
})

test('a sample of everything is exact, nothing costs nothing', () => {
  const texts = corpus(300, 7)
  const truth = texts.reduce((sum, text) => sum + countTokens(text), 0)
  const exact = estimateEmbedding({ classes: classify(texts, samplesPerClass), terms, countTokens })
  expect(exact.tokens).toEqual({ low: truth, likely: truth, high: truth })
  const nothing = estimateEmbedding({ classes: [], terms, countTokens })
  expect(nothing).toMatchObject({ texts: 0, calls: 0, usd: { low: 0, high: 0 }, minutes: { likely: 0 } })
})

test('dollars, calls and minutes of a million rows of 200 tokens, 30 % of them alike', () => {
  const text = 'word '.repeat(199).trimEnd()
  const classes = [{ texts: 700_000, bytes: 700_000 * Buffer.byteLength(text), samples: [text, text] }]
  const estimate = estimateEmbedding({ classes, terms, countTokens })
  expect(estimate.tokens.likely).toBeCloseTo(700_000 * 199, -6)
  expect(estimate.usd?.likely).toBeCloseTo(18.1, 1)
  expect(estimate.boundBy).toBe('tokens')
  expect(estimate.minutes.low).toBeCloseTo(139.3, 0)
  // Bytes make the calls here: five of them a token.
  expect(estimate.calls).toBe(Math.ceil((700_000 * 994) / 4 / 280_000))
})

test('where the price or the limits are not known, neither is made up', () => {
  const classes = [{ texts: 10, bytes: 1_000, samples: [] }]
  const free = { limits: { itemsPerCall: 1, tokensPerCall: 10_000 }, usdPerMillionTokens: undefined }
  const estimate = estimateEmbedding({ classes, terms: free, countTokens, callsAtOnce: 2, millisecondsPerCall: 6_000 })
  expect(estimate.usd).toBeUndefined()
  expect(estimate).toMatchObject({ boundBy: 'latency', calls: 10, minutes: { likely: 0.5 }, sampled: 0 })
  expect(estimate.tokens.high / estimate.tokens.low).toBeGreaterThan(3)
})
