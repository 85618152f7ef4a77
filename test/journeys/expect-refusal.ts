import { expect } from 'vitest'
import type { Finished } from '../torture/processes.ts'
import type { Scene } from './stage.ts'

export interface Refusal {
  readonly exit: number
  readonly code: string
  /** What the place, as printed, must hold: `--> migrations/x.ts:4:7` or the name after `at`. */
  readonly place?: RegExp | string
  readonly fix?: RegExp | string
  readonly message?: RegExp | string
}

/** The command is refused as expected, says so once on stderr, leaves stdout empty, and changes neither store. */
export async function expectRefusal(scene: Scene, args: readonly string[], refusal: Refusal): Promise<Finished> {
  const before = await scene.snapshot()
  const done = await scene.run(...args)
  expect(partsOf(done), done.stderr).toEqual({ exit: refusal.exit, code: refusal.code, stdout: '' })
  expectText(done.stderr, refusal)
  expect(await scene.snapshot()).toEqual(before)
  return done
}

export function expectText(stderr: string, { place, fix, message }: Omit<Refusal, 'exit' | 'code'>): void {
  const text = stderr.replace(/\n {2,}(?! *(?:at|why|fix|docs) )/g, ' ')
  if (message !== undefined) expect(text).toMatch(message)
  if (place !== undefined) expect(/^ *(?:-->|at +) *(.*)$/m.exec(text)?.[1] ?? '').toMatch(place)
  if (fix !== undefined) expect(/^ {2}fix +(.*)$/m.exec(text)?.[1] ?? '').toMatch(fix)
}

export function partsOf({ code, stdout, stderr }: Finished): {
  readonly exit: number | null
  readonly code: string | undefined
  readonly stdout: string
} {
  return { exit: code, code: /^(?:error|paused)\[(LS-\d+)\]/m.exec(stderr)?.[1], stdout }
}
