import { PassThrough, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createCli } from './cli.ts'
import { createDisplay, printElapsed } from './display.ts'
import type { Display } from './display.ts'
import { createEstimator } from './estimate.ts'
import { createWorld } from './world.ts'

interface Stage {
  readonly display: Display
  /** Lets time pass. */
  readonly wait: (seconds: number) => void
  readonly lines: () => readonly string[]
}

/** A display on a stderr that is no terminal, with a clock that stands still. */
function createStage(quiet: boolean): Stage {
  let now = 0
  let text = ''
  const stderr = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString()
      done()
    },
  })
  const clock = { now: () => now, sleep: () => Promise.resolve() }
  const world = createWorld({ stderr, stdout: new PassThrough(), env: {}, cwd: '/' }, clock)
  const display = createDisplay(createCli(world, [], { quiet }, ['text']), {
    migration: 'm',
    kinds: ['addField', 'addColumn'],
  })
  return { display, wait: (seconds) => (now += seconds * 1000), lines: () => text.split('\n').filter(Boolean) }
}

/** The seconds at which lines come while `expected` documents are written, one a second. */
function secondsOfLines(
  expected: number,
  until: number,
): { readonly at: readonly number[]; readonly lines: readonly string[] } {
  const { display, wait, lines } = createStage(false)
  display.event({ type: 'phase-started', phase: 'backfill' })
  const at: number[] = []
  for (let second = 0; second <= until; second++) {
    const before = lines().length
    display.progress({ phase: 'backfill', steps: [{ step: 0, done: second, expected }] })
    if (lines().length > before) at.push(second)
    wait(1)
  }
  return { at, lines: lines() }
}

test('in a log, lines come at 1, 5, 15 and 30 seconds, then every minute', () => {
  const { at, lines } = secondsOfLines(4000, 400)
  expect(at).toEqual([1, 5, 15, 30, 90, 150, 210, 270, 330, 390])
  expect(lines[1]).toBe('[0:05] backfill 1 addField  5/4,000  0 %  1/s')
  expect(lines[9]).toBe('[6:30] backfill 1 addField  390/4,000  9 %  1/s  48-84 min left')
})

test('or at every twentieth', () => {
  expect(secondsOfLines(400, 100).at).toEqual([1, 5, 15, 30, 48, 68, 88])
})

test('a new phase starts its own count of seconds', () => {
  const { display, wait, lines } = createStage(false)
  for (const phase of ['expand', 'backfill'] as const) {
    display.event({ type: 'phase-started', phase })
    display.progress({ phase, steps: [{ step: 1, done: 0, expected: 10 }] })
    wait(1)
    display.progress({ phase, steps: [{ step: 1, done: 5, expected: 10 }] })
  }
  expect(lines()).toEqual([
    '[0:01] expand 2 addColumn  5/10  50 %  5/s',
    '[0:02] backfill 2 addColumn  5/10  50 %  5/s',
  ])
})

test('trouble is told even when quiet', () => {
  const { display, lines } = createStage(true)
  display.event({ type: 'phase-finished', phase: 'expand', seconds: 1 })
  display.event({ type: 'warning', message: 'the ledger did not answer' })
  display.event({ type: 'shard-failed', step: 0, phase: 'backfill', shard: 's', code: 'LS-4004', problem: 'no' })
  expect(lines()).toEqual(['! the ledger did not answer', 'x shard s failed (LS-4004): no'])
})

test('no guess before one per cent, nor before five seconds; then a range', () => {
  const slow = createEstimator()
  slow.update(0, 1000, 0)
  expect(slow.update(9, 1000, 9).left).toBeUndefined()
  const [low = 0, high = 0] = slow.update(100, 1000, 100).left ?? []
  expect([low < 900, high > 900]).toEqual([true, true])
  const fast = createEstimator()
  fast.update(0, 1000, 0)
  expect(fast.update(500, 1000, 4).left).toBeUndefined()
  expect(fast.update(600, 1000, 5).left).toBeDefined()
  expect(fast.update(1000, 1000, 6)).toMatchObject({ percent: 100, left: undefined })
})

test('the recent past weighs most', () => {
  const estimator = createEstimator()
  for (let second = 0; second <= 100; second++) estimator.update(second * 10, 100_000, second)
  for (let second = 101; second <= 400; second++) estimator.update(1000 + (second - 100), 100_000, second)
  expect(estimator.update(1301, 100_000, 401).rate).toBeLessThan(1.1)
})

test('work that stands still has no end in sight', () => {
  const estimator = createEstimator()
  estimator.update(500, 1000, 0)
  expect(estimator.update(500, 1000, 60).left).toBeUndefined()
})

test('elapsed time', () => {
  expect([0, 42_900, 3_723_000].map(printElapsed)).toEqual(['0:00', '0:42', '1:02:03'])
})
