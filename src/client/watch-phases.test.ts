import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Data } from './data.ts'
import { webSource } from './phase-source.ts'
import type { PhaseSource } from './phase-source.ts'
import { watchPhases } from './watch-phases.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

interface FakeSource extends PhaseSource {
  readonly listeners: number
  say(fields: Data | undefined): void
  fail(): void
  stored: Data | undefined
}

function createFakeSource(): FakeSource {
  let next: (fields: Data | undefined) => void = () => undefined
  let failed: (error: unknown) => void = () => undefined
  let listeners = 0
  return {
    stored: undefined,
    get listeners() {
      return listeners
    },
    listen(heard, broke) {
      listeners++
      next = heard
      failed = broke
      return () => void listeners--
    },
    get() {
      return Promise.resolve(this.stored)
    },
    say: (fields) => next(fields),
    fail() {
      listeners--
      failed(new Error('gone'))
    },
  }
}

test('nothing is known before the first answer, everything follows the last one', async () => {
  const source = createFakeSource()
  const phases = watchPhases(source)
  expect(phases.phaseOf('m')).toBe('unknown')
  source.say(undefined)
  await phases.ready
  expect(phases.phaseOf('m')).toBe('absent')
  source.say({ m: 'backfill', other: 'completed', odd: 'a phase of a later version' })
  expect(['m', 'other', 'odd', 'toString'].map((id) => phases.phaseOf(id))).toEqual([
    'backfill',
    'completed',
    'unknown',
    'absent',
  ])
})

test('a failure keeps what is known, is reported, and is followed by a read and another listener', async () => {
  const source = createFakeSource()
  const errors: unknown[] = []
  const phases = watchPhases(source, { onError: (error) => void errors.push(error) })
  source.say({ m: 'cutover' })
  source.stored = { m: 'contract' }
  source.fail()
  expect([phases.phaseOf('m'), errors.length, source.listeners]).toEqual(['cutover', 1, 0])
  await vi.advanceTimersByTimeAsync(500)
  expect([phases.phaseOf('m'), source.listeners]).toEqual(['contract', 1])
})

test('a listener that says nothing does not keep anyone waiting: the document is read, ever less often', async () => {
  const source = createFakeSource()
  source.stored = { m: 'backfill' }
  const get = vi.spyOn(source, 'get')
  const phases = watchPhases(source)
  await vi.advanceTimersByTimeAsync(500)
  await phases.ready
  expect(phases.phaseOf('m')).toBe('backfill')
  await vi.advanceTimersByTimeAsync(60_000)
  const asked = get.mock.calls.length
  expect(asked).toBeGreaterThan(5)
  expect(asked).toBeLessThan(15)
  source.say({ m: 'cutover' })
  await vi.advanceTimersByTimeAsync(60_000)
  expect([phases.phaseOf('m'), get.mock.calls.length]).toEqual(['cutover', asked])
})

test('reads that fail are reported too, and a read that is overtaken by the listener is not believed', async () => {
  const source = createFakeSource()
  const errors: unknown[] = []
  const phases = watchPhases(source, { onError: (error) => void errors.push(error) })
  const get = vi.spyOn(source, 'get').mockRejectedValueOnce(new Error('offline'))
  await vi.advanceTimersByTimeAsync(500)
  expect([errors.length, phases.phaseOf('m')]).toEqual([1, 'unknown'])
  let answer: (fields: Data) => void = () => undefined
  get.mockReturnValueOnce(new Promise((resolve) => void (answer = resolve)))
  await vi.advanceTimersByTimeAsync(1_000)
  source.say({ m: 'contract' })
  answer({ m: 'backfill' })
  await vi.advanceTimersByTimeAsync(0)
  expect(phases.phaseOf('m')).toBe('contract')
})

test('closed, it listens no more and keeps what it knew', () => {
  const source = createFakeSource()
  const phases = watchPhases(source)
  source.say({ m: 'cutover' })
  phases.close()
  source.say({ m: 'contract' })
  expect([source.listeners, phases.phaseOf('m')]).toEqual([0, 'cutover'])
})

test('an empty cache of the web SDK is no answer', () => {
  const heard: unknown[] = []
  const snapshots = [
    { data: () => undefined, metadata: { fromCache: true } },
    { data: () => ({ m: 'backfill' }), metadata: { fromCache: true } },
    { data: () => undefined, metadata: { fromCache: false } },
  ]
  const source = webSource({
    onSnapshot(next) {
      for (const snapshot of snapshots) next(snapshot)
      return () => undefined
    },
    getDoc: () => Promise.resolve({ data: () => undefined }),
  })
  source.listen(
    (fields) => void heard.push(fields),
    () => undefined,
  )
  expect(heard).toEqual([{ m: 'backfill' }, undefined])
})
