import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLocks } from './locks.ts'
import type { Holder, Locks } from './locks.ts'

const database = 'projects/p/databases/d'
const holder = (age: number, of = database): Holder => ({ database: of, age })
let locks: Locks
let expire = vi.fn<() => void>()

beforeEach(() => {
  vi.useFakeTimers()
  expire = vi.fn<() => void>()
  locks = createLocks(expire)
  done.splice(0)
})
afterEach(() => vi.useRealTimers())

/** Writes the keys as soon as it may, and notes that in `done`. */
const done: string[] = []
function write(name: string, keys: readonly string[], by?: Holder): Promise<string> {
  const claim = { database, holder: by }
  const answer = locks.enter(claim, () => {
    const others = locks.inTheWay(claim, keys, [])
    return others.size > 0 ? others : { done: done.push(name) }
  })
  return Promise.resolve(answer).then(
    () => 'done',
    ({ code }: { readonly code: number }) => String(code),
  )
}

test('where nobody holds anything, the answer is there at once', () => {
  const answer = { done: true }
  expect(locks.enter({ database, holder: undefined }, () => answer)).toBe(answer)
  expect(vi.getTimerCount()).toBe(0)
})

test('a writer waits for all readers, not for itself nor for another database, and those who wait go in their order', async () => {
  const [mine, other, elsewhere] = [holder(1), holder(2), holder(3, 'projects/p/databases/other')]
  for (const each of [mine, other, elsewhere]) locks.hold(each, 'a')
  const ends = [write('by mine', ['a'], mine), write('first', ['a']), write('second', ['a']), write('free', ['b'])]
  expect(done).toEqual(['free'])
  locks.release(other)
  expect(done).toEqual(['free', 'by mine'])
  locks.release(mine)
  expect(done).toEqual(['free', 'by mine', 'first', 'second'])
  expect(await Promise.all(ends)).toEqual(['done', 'done', 'done', 'done'])
  expect(vi.getTimerCount()).toBe(0)
})

test('a condition holds what it held of before or would hold of after', () => {
  const reader = holder(1)
  locks.hold(reader, ({ key }) => key === 'in')
  const document = (key: string) => ({ key }) as never
  const claim = { database, holder: undefined }
  const inTheWay = (before: string | undefined, after: string | undefined) =>
    locks.inTheWay(claim, [], [{ before: before && document(before), after: after && document(after) }] as never).size
  expect([inTheWay('in', undefined), inTheWay('out', 'in'), inTheWay('out', 'out')]).toEqual([1, 1, 0])
  expect(locks.inTheWay({ database, holder: reader }, ['in'], []).size).toBe(0)
})

test('the youngest of those who wait for each other is aborted at once, and the others go on', async () => {
  const all = [holder(1), holder(2), holder(3)] as const
  for (const each of all) locks.hold(each, 'a')
  const [oldest, youngest, middle] = [write('1', ['a'], all[0]), write('3', ['a'], all[2]), write('2', ['a'], all[1])]
  expect(await youngest).toBe('10')
  expect(await middle).toBe('10')
  expect(await oldest).toBe('done')
})

test('three that wait in a circle', async () => {
  const [a, b, c] = [holder(1), holder(2), holder(3)]
  locks.hold(a, 'a')
  locks.hold(b, 'b')
  locks.hold(c, 'c')
  const ends = [write('a', ['b'], a), write('b', ['c'], b), write('c', ['a'], c)]
  expect(await ends[2]).toBe('10')
  expect(await ends[1]).toBe('done')
  locks.release(b)
  expect(await ends[0]).toBe('done')
})

test('who waits too long is aborted, gives back its locks, and keeps no timer', async () => {
  const [reader, writer] = [holder(1), holder(2)]
  locks.hold(reader, 'a')
  locks.hold(writer, 'b')
  const ends = [write('a', ['a'], writer), write('b', ['b'])]
  await vi.advanceTimersByTimeAsync(1999)
  expect(done.includes('b')).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await Promise.all(ends)).toEqual(['10', 'done'])
  expect(vi.getTimerCount()).toBe(0)
})

test('whose time is over is not waited for', async () => {
  const reader = holder(1)
  locks.hold(reader, 'a')
  expire.mockImplementation(() => locks.release(reader))
  expect(await write('late', ['a'])).toBe('done')
})

test('what waits for a transaction that ends otherwise is refused', async () => {
  const [reader, writer] = [holder(1), holder(2)]
  locks.hold(reader, 'a')
  const waiting = write('never', ['a'], writer)
  locks.release(writer)
  expect(await waiting).toBe('10')
})
