import { describe, expect, it } from 'vitest'
import { rampSeconds, writingOf } from './firestore-costs.ts'

const target = { project: 'p', database: '(default)', emulator: undefined }
const KiB = 1024

describe('writingOf', () => {
  it('follows the ramp for small writes, and says nothing of requests', () => {
    const writes = 400_000
    expect(writingOf(target, { writes, bytes: writes * KiB })).toEqual({
      seconds: [rampSeconds(writes) * 0.9, rampSeconds(writes) * 2],
      note: '',
    })
  })

  it('says how many large documents a request takes, and counts what the database takes a second', () => {
    const bytes = 10_000 * 1000 * KiB
    const { seconds, note } = writingOf(target, { writes: 10_000, bytes })
    expect(note).toBe('; about 9 a request, 1000 KB each')
    expect(seconds[0]).toBeCloseTo(bytes / (10 * KiB * KiB))
    expect(seconds[1]).toBeGreaterThanOrEqual(2 * seconds[0])
  })

  it.each([
    [0, 0],
    [1, 0],
    [1, 20 * KiB * KiB],
  ])('is a number for %d writes of %d bytes', (writes, bytes) => {
    const found = writingOf({ ...target, emulator: 'localhost:1' }, { writes, bytes })
    expect(found.seconds.every(Number.isFinite)).toBe(true)
    expect(found.note).toBe(bytes === 0 ? '' : '; about 1 a request, 20480 KB each')
  })
})
