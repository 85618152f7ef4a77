import { expect, test } from 'vitest'
import { eventText } from './event-text.ts'

const changed = {
  type: 'tables-changed',
  step: 0,
  phase: 'expand',
  tables: 50,
  first: 'user_table_81',
  seconds: 0.01,
} as const

test('locks that were waited for now and then are no news', () => {
  expect(eventText({ ...changed, repeats: 2 })).toBeUndefined()
  expect(eventText({ ...changed, repeats: 3 })).toEqual({
    weight: 'warning',
    text: 'user_table_81 and 49 more: waited 3 times for a lock',
  })
})

test('a shard without conflicts only counts', () => {
  const finished = {
    type: 'shard-finished',
    step: 1,
    phase: 'backfill',
    shard: 's',
    changed: 1,
    skipped: 0,
    seconds: 1,
  } as const
  expect(eventText({ ...finished, conflicts: 0 })).toBeUndefined()
  expect(eventText({ ...finished, conflicts: 2 })?.text).toContain('step 2: 2 conflicts')
})
