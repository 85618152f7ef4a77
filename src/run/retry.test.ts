import { expect, test } from 'vitest'
import { createBell } from './retry.ts'

test('a ring nobody heard ends the next wait, and only that one', async () => {
  const bell = createBell()
  bell.ring()
  bell.ring()
  await bell.wait(undefined)
  const waits: string[] = []
  const next = bell.wait(undefined).then(() => waits.push('rung'))
  await new Promise(setImmediate)
  expect(waits).toEqual([])
  bell.ring()
  await next
  expect(waits).toEqual(['rung'])
})

test('without a ring a wait ends after its time', async () => {
  await expect(createBell().wait(1)).resolves.toBeUndefined()
})
