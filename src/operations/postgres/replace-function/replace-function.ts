import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import { defineTableOperation } from '../../operation.ts'
import type { ReadText, Step } from '../../operation.ts'
import { applyFunction } from './apply-function.ts'
import { parseFunctionName } from './function-file.ts'
import { planFunction } from './plan-function.ts'
import { remainingFunction, revertingFunction } from './remaining-function.ts'
import { revertFunction } from './revert-function.ts'
import { verifyFunction } from './verify-function.ts'

export interface ReplaceFunctionOptions {
  /** Path, from the project's folder, of a file with the one CREATE FUNCTION statement. */
  readonly file: string
  /** The old signature stays as it is until `complete`. */
  readonly keepOld?: boolean | undefined
  /** The old signature stays until `complete`, with this SQL as its body: it calls the new one. */
  readonly shim?: string | undefined
  /** When it changes: in the cutover, or, as the function that makes tenants always does, in expand. */
  readonly phase?: 'expand' | 'cutover' | undefined
  /** The roles that may call it, beside its owner; left out, they are those that may now. */
  readonly execute?: readonly string[] | undefined
  /** A query that calls the new function; run and rolled back before the change is kept. */
  readonly probe?: string | undefined
  /** Checks that are passed over, each with the reason. */
  readonly allow?: { readonly [check in AllowedCheck]?: string | undefined } | undefined
}

export type AllowedCheck = 'open-search-path' | 'tenant-shape' | 'tenant-probe'

export interface ReplaceFunctionSpec {
  /** With its schema unless that is public, with or without its argument types. */
  readonly function: string
  readonly options: ReplaceFunctionOptions
  /** The text of the file. */
  readonly text: string
}

/** Replaces a function by that of a file: `replaceFunction('match_documents', { file: 'sql/match_documents.sql' })`. */
export function replaceFunctionStep(
  name: string,
  options: ReplaceFunctionOptions,
): Step<Omit<ReplaceFunctionSpec, 'text'>> {
  return Object.freeze({ kind: 'replaceFunction', spec: Object.freeze({ function: name, options }) })
}

const reason = z.string().trim().min(1, 'say why it is accepted').optional()

const specForm = z.strictObject({
  function: z.string().min(1),
  options: z.strictObject({
    file: z.string().min(1),
    keepOld: z.boolean().optional(),
    shim: z.string().trim().min(1).optional(),
    phase: z.enum(['expand', 'cutover']).optional(),
    execute: z.array(z.string().min(1)).optional(),
    probe: z.string().trim().min(1).optional(),
    allow: z.strictObject({ 'open-search-path': reason, 'tenant-shape': reason, 'tenant-probe': reason }).optional(),
  }),
})

function parseSpec(spec: unknown, readText?: ReadText): ReplaceFunctionSpec {
  const parsed = specForm.safeParse(spec)
  if (!parsed.success) {
    throw new LockstepError('LS-2002', `replaceFunction: ${z.prettifyError(parsed.error)}`, {
      hint: "write postgres.replaceFunction('match_documents', { file: 'sql/match_documents.sql' })",
    })
  }
  const { options } = parsed.data
  const { schema, name } = parseFunctionName(parsed.data.function)
  quoteIdentifier(schema)
  quoteIdentifier(name)
  if (options.keepOld !== undefined && options.shim !== undefined) {
    throw new LockstepError('LS-2002', 'replaceFunction: keepOld and shim say two things about the old signature', {
      where: { name: parsed.data.function },
      hint: 'keepOld leaves it as it is, shim gives it another body; take one',
    })
  }
  if (readText === undefined) throw new LockstepError('LS-9001', 'replaceFunction was loaded without its file')
  return { ...parsed.data, text: readText(options.file) }
}

export const replaceFunction = defineTableOperation<ReplaceFunctionSpec>({
  kind: 'replaceFunction',
  meta: {
    summary: 'Replaces a function by that of a file, with all that belongs to it and depends on it',
    phases: ['expand', 'cutover', 'contract'],
    destructive: false,
  },
  parse: parseSpec,
  plan: planFunction,
  remaining: remainingFunction,
  apply: applyFunction,
  // A later migration may replace it again, so a function never falls behind.
  behind: () => Promise.resolve(0),
  verify: verifyFunction,
  reverting: revertingFunction,
  revert: revertFunction,
  sql: ({ options, text }) => [
    { name: options.file, text, inTransaction: true, definition: { execute: options.execute ?? [] } },
  ],
})
