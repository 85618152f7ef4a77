import { expect, test } from 'vitest'
import { inLanes } from './table-targets.ts'

test('work in lanes is done once for each item, a few at once, and ends with the first error once all have ended', async () => {
  const done: number[] = []
  let open = 0
  let most = 0
  const work = async (item: number): Promise<void> => {
    most = Math.max(most, ++open)
    await new Promise((resolve) => setImmediate(resolve))
    open--
    if (item === 5) throw new Error('five')
    done.push(item)
  }
  const items = Array.from({ length: 40 }, (_, n) => n)
  await expect(inLanes(items, work)).rejects.toThrow('five')
  expect(open).toBe(0)
  expect(most).toBe(4)
  expect(done.toSorted((a, b) => a - b)).toEqual(items.filter((item) => item !== 5))
  await inLanes([], work)
})
