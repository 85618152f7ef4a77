import type { Where } from '../kernel/errors.ts'
import type { Step } from '../operations/operation.ts'
import { placeOf } from './load-module.ts'

const written = new WeakMap<Step, Error>()

/** The same functions, which note of each step they make where in the user's file it was written. */
export function rememberPlaces<Steps extends Readonly<Record<string, (...args: never[]) => Step>>>(
  steps: Steps,
): Steps {
  const noting = Object.entries(steps).map(([kind, make]) => {
    const makeNoted = (...args: never[]): Step => {
      const step = make(...args)
      written.set(step, new Error('written here'))
      return step
    }
    return [kind, makeNoted] as const
  })
  return Object.freeze(Object.fromEntries(noting)) as Steps
}

/** Line and column at which the migration's file makes the step; the file alone where nobody noted them. */
export function placeOfStep(step: Step, file: string): Where {
  const note = written.get(step)
  return note === undefined ? { file } : placeOf(note, file)
}
