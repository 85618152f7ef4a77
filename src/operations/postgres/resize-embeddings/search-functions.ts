import { z } from 'zod'
import { quoteLiteral } from '../../../kernel/identifiers.ts'
import type { SqlText } from '../../../sql/sql-text.ts'
import type { ReadText } from '../../operation.ts'

/** A function that takes a query vector and searches: until `complete` it serves clients of both models. */
export interface SearchFunction {
  /** With its schema unless it is found without, and with its argument types where there are several. */
  readonly name: string
  /** The path of a file that replaces it for the new vectors; without one it is good for both. */
  readonly file?: string | undefined
  /** The argument in which clients say their model's key; needed where the dimension stays the same. */
  readonly model?: string | undefined
}

export const functionsForm = z
  .array(
    z.union([
      z.string().min(1),
      z.strictObject({
        name: z.string().min(1),
        file: z.string().min(1).optional(),
        model: z.string().min(1).optional(),
      }),
    ]),
  )
  .min(1)

/** The functions of a step, and the text of their files. */
export function parseFunctions(
  functions: readonly (string | SearchFunction)[] = [],
  readText: ReadText | undefined,
): readonly ParsedFunction[] {
  return functions.map((each) => {
    const { name, file, model } = typeof each === 'string' ? { name: each } : each
    return { name, model, file, text: file === undefined ? undefined : readText?.(file) }
  })
}

export interface ParsedFunction {
  readonly name: string
  readonly model: string | undefined
  readonly file: string | undefined
  /** The statement that replaces it. */
  readonly text: string | undefined
}

/** The files, for the linter. */
export function functionTexts(functions: readonly ParsedFunction[] = []): readonly SqlText[] {
  return functions.flatMap(({ file, text }) =>
    file === undefined || text === undefined
      ? []
      : [{ name: file, text, inTransaction: true, definition: { execute: [] } }],
  )
}

/** SQL of the function's oid; NULL where there is none of that name, or several. */
export function functionOid(name: string): string {
  const resolve = name.includes('(') ? 'to_regprocedure' : 'to_regproc'
  return `pg_catalog.${resolve}(${quoteLiteral(name)})::oid`
}
