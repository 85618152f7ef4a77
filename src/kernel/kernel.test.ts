import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffDelay, retry } from './backoff.ts'
import { canonicalJson } from './canonical-json.ts'
import { md5, normaliseLineEnds, sha256 } from './checksum.ts'
import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { LockstepError, errorCatalogue, isLockstepError, isPause, toLockstepError } from './errors.ts'

describe('canonicalJson', () => {
  it('is equal for equal data, whatever the order of keys, and parses back', () => {
    const json = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__'))
    fc.assert(
      fc.property(json, (value) => {
        const turned = JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
          typeof inner === 'object' && inner !== null && !Array.isArray(inner)
            ? Object.fromEntries(Object.entries(inner).toReversed())
            : inner,
        ) as unknown
        expect(canonicalJson(turned)).toBe(canonicalJson(value))
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('leaves undefined members out and keeps the order of lists', () => {
    expect(canonicalJson({ b: undefined, a: [2, 1] })).toBe('{"a":[2,1]}')
  })
})

describe('checksums', () => {
  it('are those that everyone computes', () => {
    expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(md5('a')).toBe('0cc175b9c0f1b6a831c399e269772661')
  })

  it('see no difference between line ends of systems', () => {
    expect(normaliseLineEnds('\uFEFFa\r\nb\rc\n')).toBe('a\nb\nc\n')
  })
})

describe('backoffDelay', () => {
  it('doubles up to the longest, between half and whole', () => {
    const backoff = { first: 100, longest: 1000, repeats: 9 }
    expect([0, 1, 2, 3, 4, 30].map((n) => backoffDelay(backoff, n, () => 0))).toEqual([50, 100, 200, 400, 500, 500])
    expect(backoffDelay(backoff, 0, () => 1)).toBe(100)
  })
})

describe('retry', () => {
  const slept: number[] = []
  const clock: Clock = { now: () => 0, sleep: (ms) => Promise.resolve(void slept.push(ms)) }
  const options = { first: 10, longest: 100, repeats: 3, clock, worthwhile: (error: unknown) => error !== 'final' }

  const failing = (times: number, error: unknown) => {
    let calls = 0
    return { work: () => (calls++ < times ? Promise.reject(error) : Promise.resolve('done')), calls: () => calls }
  }

  it('ends with the first success', async () => {
    const { work, calls } = failing(3, 'passing')
    expect(await retry(options, work)).toBe('done')
    expect(calls()).toBe(4)
  })

  it('throws the last error when the repeats are used up', async () => {
    const { work, calls } = failing(9, 'passing')
    await expect(retry(options, work)).rejects.toBe('passing')
    expect(calls()).toBe(4)
  })

  it('does not repeat what will not pass, nor after the signal', async () => {
    const hopeless = failing(9, 'final')
    await expect(retry(options, hopeless.work)).rejects.toBe('final')
    const stopped = failing(9, 'passing')
    await expect(retry({ ...options, signal: AbortSignal.abort() }, stopped.work)).rejects.toBe('passing')
    expect([hopeless.calls(), stopped.calls()]).toEqual([1, 1])
  })
})

describe('systemClock', () => {
  it('does not sleep once the signal is aborted, before or meanwhile', async () => {
    const stop = new AbortController()
    const sleeping = systemClock.sleep(3_600_000, stop.signal)
    stop.abort()
    await sleeping
    await systemClock.sleep(3_600_000, stop.signal)
  })
})

describe('LockstepError', () => {
  it.each([
    ['LS-3011', true],
    ['LS-4007', true],
    ['LS-3010', false],
    ['LS-9999', false],
  ])('%s pauses a run: %s', (code, pauses) => {
    expect(isPause(new LockstepError(code as 'LS-3011', 'x'))).toBe(pauses)
  })

  it('ends the process with the exit code of its line in the catalogue', () => {
    expect(new LockstepError('LS-5001', 'x').exit).toBe(errorCatalogue['LS-5001'].exit)
  })

  it('is known by its shape, so that a second copy of the package is known too', () => {
    const foreign = Object.assign(new Error('x'), { name: 'LockstepError', code: 'LS-2001' })
    expect(isLockstepError(foreign)).toBe(true)
    expect(isLockstepError(new Error('x'))).toBe(false)
    expect(toLockstepError(foreign)).toBe(foreign)
  })

  it('what is none becomes LS-9001 with its cause', () => {
    const cause = new TypeError('nope')
    expect(toLockstepError(cause)).toMatchObject({ code: 'LS-9001', message: 'nope', cause })
    expect(toLockstepError('text')).toMatchObject({ code: 'LS-9001', message: 'text' })
  })

  it('codes stay in the order of their thousands', () => {
    const codes = Object.keys(errorCatalogue)
    expect(codes).toEqual(codes.toSorted())
  })
})
