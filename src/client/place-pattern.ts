import { LockstepError } from '../kernel/errors.ts'

/** The values of a pattern's placeholders. */
export type Params = Readonly<Record<string, string>>

const variable = /^\{(.+)\}$/

/** The placeholders' values where the name is of exactly the pattern's depth; undefined otherwise. */
export function matchPattern(pattern: string, name: string): Params | undefined {
  const segments = pattern.split('/')
  const parts = name.split('/')
  if (segments.length !== parts.length) return undefined
  const params: [string, string][] = []
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? ''
    const key = variable.exec(segment)?.[1]
    if (key !== undefined) params.push([key, part])
    else if (segment !== part) return undefined
  }
  return Object.fromEntries(params)
}

/** The name of the document with these placeholders. LS-2101 for one that is missing or would be two segments. */
export function fillPattern(pattern: string, params: Params): string {
  return pattern
    .split('/')
    .map((segment) => {
      const key = variable.exec(segment)?.[1]
      if (key === undefined) return segment
      const value = Object.hasOwn(params, key) ? params[key] : undefined
      if (value !== undefined && value !== '' && !value.includes('/')) return value
      throw new LockstepError('LS-2101', `{${key}} of ${pattern} has no value that a name can have`, {
        where: { name: pattern },
        hint: `give ${key} the id of one document or collection`,
      })
    })
    .join('/')
}

/** The placeholders' names, in order. */
export function variablesOf(pattern: string): readonly string[] {
  return pattern.split('/').flatMap((segment) => variable.exec(segment)?.[1] ?? [])
}
