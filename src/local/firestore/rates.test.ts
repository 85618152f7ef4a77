import { expect, test } from 'vitest'
import { createCalls, put } from '../../../test/stores/firestore-calls.ts'
import { createRates } from './rates.ts'
import type { RatedWrite } from './rates.ts'
import { createFirestoreServer } from './server.ts'

let next = 0
const writes = (count: number): readonly RatedWrite[] =>
  Array.from({ length: count }, () => ({ key: `c\0${++next}`, segments: ['c', String(next)] }))

/** How many writes are taken in so many seconds, asked for in hundreds as fast as they are. */
function takenIn(check: ReturnType<typeof createRates>, clock: { now: number }, seconds: number): number {
  let taken = 0
  for (const end = clock.now + seconds * 1000; clock.now < end; clock.now += 10) {
    try {
      check('d', writes(100))
      taken += 100
    } catch (error) {
      expect(error).toMatchObject({ code: 8 })
    }
  }
  return taken
}

test('a collection takes 500 writes a second, half as many more every five minutes, and begins anew after a pause', () => {
  const clock = { now: 1_000_000 }
  const check = createRates(() => clock.now)
  expect(takenIn(check, clock, 10) / 10).toBeCloseTo(550, -2)
  clock.now += 295_000
  expect(takenIn(check, clock, 10) / 10).toBeCloseTo(825, -2)
  clock.now += 301_000
  expect(takenIn(check, clock, 10) / 10).toBeCloseTo(550, -2)
})

test('a document takes a burst, then one write a second; others go on', () => {
  const clock = { now: 1_000_000 }
  const check = createRates(() => clock.now)
  const one = writes(1)
  let taken = 0
  for (const end = clock.now + 60_000; clock.now < end; clock.now += 100) {
    check('d', writes(1))
    try {
      check('d', one)
      taken++
    } catch (error) {
      expect(error).toMatchObject({ code: 10 })
    }
  }
  expect(taken).toBeGreaterThanOrEqual(68)
  expect(taken).toBeLessThanOrEqual(70)
})

test('a database takes ten MiB a second, however few the writes are; another goes on', () => {
  const clock = { now: 1_000_000 }
  const check = createRates(() => clock.now)
  const large = { stringValue: 'x'.repeat(1_000_000), kind: 'string' } as const
  let taken = 0
  for (const end = clock.now + 10_000; clock.now < end; clock.now += 10) {
    try {
      check('d', [{ key: `c\0${++next}`, segments: ['c', String(next)], fields: { large } }])
      taken++
    } catch (error) {
      expect(error).toMatchObject({ code: 8, details: expect.stringContaining('Bandwidth') })
    }
  }
  check('other', writes(1))
  // Ten seconds and the burst of one more.
  expect(taken).toBeCloseTo((11 * 10 * 1024 * 1024) / 1_000_000, -1)
})

test('a server that has rates refuses the whole request, and other collections go on', async () => {
  const server = await createFirestoreServer({ rates: true })
  const calls = createCalls(server.host, 'rated')
  const batch = (from: number) => Array.from({ length: 500 }, (_, at) => put(calls, `c/${from + at}`, {}))
  await calls.batchWrite(batch(0))
  await expect(calls.batchWrite(batch(500)).then(() => calls.batchWrite(batch(1000)))).rejects.toMatchObject({
    code: 8,
  })
  await calls.commit([put(calls, 'other/1', {})])
  expect((await calls.found({ from: [{ collectionId: 'c' }] })).length % 500).toBe(0)
  await calls.close()
  await server.close()
})
