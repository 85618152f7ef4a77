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
  await vi.advanceTimersByTimeAsync(0)
  expect(phases.phaseOf('m')).toBe('contract')
  await vi.advanceTimersByTimeAsync(500)
  expect(source.listeners).toBe(1)
})

test('a source that never listens is read ever less often, and answers', async () => {
  const source = createFakeSource()
  source.stored = { m: 'backfill' }
  const get = vi.spyOn(source, 'get')
  const failing = {
    ...source,
    get: () => source.get(),
    listen: (_: unknown, failed: (error: unknown) => void) => {
      queueMicrotask(() => failed(new Error('no listeners here')))
      return () => undefined
    },
  }
  const phases = watchPhases(failing)
  await vi.advanceTimersByTimeAsync(0)
  await phases.ready
  expect(phases.phaseOf('m')).toBe('backfill')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(get.mock.calls.length).toBeGreaterThan(5)
  expect(get.mock.calls.length).toBeLessThan(15)
  phases.close()
  const asked = get.mock.calls.length
  await vi.advanceTimersByTimeAsync(60_000)
  expect(get.mock.calls.length).toBe(asked)
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
  const source = webSource('ref', {
    onSnapshot(_, next) {
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
