import { LockstepError } from '../kernel/errors.ts'

/** The values of a pattern's placeholders. */
export type Params = Readonly<Record<string, string>>

/** With text around it, too: `{uid}_{phone}`. */
const variable = /\{([A-Za-z_][A-Za-z0-9_]*)\}/

/** The placeholders' values, each as short as can be, where the name is of exactly the pattern's depth. */
export function matchPattern(pattern: string, name: string): Params | undefined {
  const form = pattern
    .split(variable)
    .map((piece, index) => (index % 2 === 1 ? `(?<${piece}>[^/]+?)` : piece.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')))
    .join('')
  const match = new RegExp(`^${form}$`, 'u').exec(name)
  return match === null ? undefined : { ...match.groups }
}

/** The name of the document with these placeholders. LS-2101 for one that is missing or would be two segments. */
export function fillPattern(pattern: string, params: Params): string {
  return pattern
    .split(variable)
    .map((piece, index) => {
      if (index % 2 === 0) return piece
      const value = Object.hasOwn(params, piece) ? params[piece] : undefined
      if (value !== undefined && value !== '' && !value.includes('/')) return value
      throw new LockstepError('LS-2101', `{${piece}} of ${pattern} has no value that a name can have`, {
        where: { name: pattern },
        hint: `give ${piece} the id of one document`,
      })
    })
    .join('')
}

/** The placeholders' names, in order. */
export function variablesOf(pattern: string): readonly string[] {
  return pattern.split(variable).filter((_, index) => index % 2 === 1)
}
