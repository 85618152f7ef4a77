import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureLedger } from '../ledger/schema.ts'
import { createPgliteTables } from '../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../stores/tables.ts'
import { createPace } from './pace.ts'

let tables: TableWriter
beforeAll(async () => {
  tables = await createPgliteTables({})
  await ensureLedger(tables)
})
afterAll(() => tables.close())

/** How long each call was told to wait, in seconds; nobody waits. */
function pacing(name: string, most: number | undefined): { take(writes: number): Promise<number> } {
  let slept = 0
  const clock = { now: () => 0, sleep: async (ms: number) => void (slept = ms / 1000) }
  const pace = createPace({ tables, clock, signal: new AbortController().signal, name, most })
  return {
    async take(writes) {
      slept = 0
      await pace(writes)
      return slept
    },
  }
}

const age = (name: string, column: string, seconds: number): Promise<unknown> =>
  tables.transaction((q) =>
    q.query(`update lockstep.budgets set ${column} = clock_timestamp() - make_interval(secs => $2) where name = $1`, [
      name,
      seconds,
    ]),
  )

test('new traffic begins at 500 writes a second, and debt is waited for', async () => {
  const { take } = pacing('new', 10_000)
  expect(await take(500)).toBeCloseTo(1, 1)
  expect(await take(500)).toBeGreaterThan(1.5)
})

test('after five minutes of work it is half as much again, up to the most that is allowed', async () => {
  const { take } = pacing('warm', 10_000)
  await take(1)
  await age('warm', 'started_at', 310)
  expect(await take(1_500)).toBeCloseTo(2, 0)
  const capped = pacing('capped', 100)
  expect(await capped.take(500)).toBeCloseTo(5, 0)
})

test('after a pause as long as a step it begins anew', async () => {
  const { take } = pacing('idle', 10_000)
  await take(1)
  await age('idle', 'started_at', 4_000)
  await age('idle', 'refilled_at', 301)
  expect(await take(1_000)).toBeCloseTo(1, 0)
})

test('two processes share one budget, and no limit is no limit', async () => {
  await pacing('shared', 100).take(100)
  expect(await pacing('shared', 100).take(100)).toBeGreaterThan(1.5)
  expect(await pacing('free', undefined).take(1_000_000)).toBe(0)
})
