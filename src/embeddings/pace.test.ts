import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMemoryKeeper, createPace } from './pace.ts'
import { newBucket, takeFrom, teach } from './rate-bucket.ts'
import { parseDuration, parseRateNews } from './rate-news.ts'

test.each([
  ['6m0s', 360_000],
  ['1s', 1_000],
  ['20ms', 20],
  ['1h2m3.5s', 3_723_500],
  ['12', 12_000],
  ['0s', undefined],
  ['-1', undefined],
  ['soon', undefined],
  ['6m0', undefined],
])('a duration of %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test('headers are read, and what gateways write where they know nothing is no news', () => {
  const headers = new Headers({
    'x-ratelimit-limit-requests': '5000',
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': '6m0s',
    'x-ratelimit-limit-tokens': '-1',
    'x-ratelimit-remaining-tokens': '0',
    'retry-after-ms': '120',
    'retry-after': '7',
  })
  expect(parseRateNews(headers)).toEqual({
    requests: { limit: 5_000, remaining: 0, reset: 360_000 },
    tokens: {},
    pause: 120,
  })
  expect(parseRateNews(new Headers({ 'retry-after': '7' })).pause).toBe(7_000)
  expect(parseRateNews(new Headers({ 'retry-after': '0' })).pause).toBeUndefined()
  const later = parseRateNews(new Headers({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() })).pause
  expect(later).toBeGreaterThan(50_000)
})

const limit = 1_000
const traffic = fc.array(
  fc.record({ after: fc.integer({ min: 0, max: 20_000 }), amount: fc.integer({ min: 1, max: 700 }) }),
  {
    minLength: 5,
    maxLength: 200,
  },
)

test('no minute sees more than the limit after its first call, and what is asked for is given at no less than 80 % of it', () => {
  fc.assert(
    fc.property(traffic, fc.boolean(), (calls, learned) => {
      let bucket = teach(newBucket(limit, 0), learned ? { limit } : {}, { published: limit, now: 0 })
      let now = 0
      const sent: { at: number; amount: number }[] = []
      for (const { after, amount } of calls) {
        now += after
        const taken = takeFrom(bucket, amount, { published: limit, now })
        bucket = taken.bucket
        sent.push({ at: now + taken.wait, amount })
      }
      for (const { at } of sent) {
        const minute = sent.filter((each) => each.at >= at && each.at < at + 60_000)
        // The first one has saved up before.
        const [, ...rest] = minute
        expect(rest.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(limit)
      }
      const total = sent.reduce((sum, { amount }) => sum + amount, 0)
      expect(sent.at(-1)!.at).toBeLessThanOrEqual(now + (total / (0.8 * limit)) * 60_000)
    }),
  )
})

test('a pause is kept by all, takes the burst away, and the rest follows what the provider told', async () => {
  let now = 0
  const slept: number[] = []
  const clock = { now: () => now, sleep: async (ms: number) => void (slept.push(Math.round(ms)), (now += ms)) }
  const keeper = createMemoryKeeper(clock)
  const limits = { itemsPerCall: 10, tokensPerCall: 1_000, requestsPerMinute: 600, tokensPerMinute: 60_000 }
  const [one, two] = [createPace({ limits, keeper, clock }), createPace({ limits, keeper, clock })]
  await one.take(100)
  expect(slept).toEqual([])
  await one.learn({ requests: {}, tokens: {}, pause: 5_000 })
  await two.take(0)
  expect(slept).toEqual([5_000])
  // Saved up before the pause is gone: 9,000 tokens at 800 a second, of which the pause brought 4,000.
  await two.take(9_000)
  expect(slept.at(-1)).toBeCloseTo(6_250, -1)
  await one.learn({ requests: {}, tokens: { limit: 6_000, remaining: 0 }, pause: undefined })
  await two.take(930)
  // 930 tokens at 93 % of 6,000 a minute.
  expect(slept.at(-1)).toBe(10_000)
})
