import { LockstepError } from '../../../kernel/errors.ts'
import { parseCheck } from '../../check-option.ts'
import type { CheckOption } from '../../check-option.ts'
import { parsePattern } from '../../collection-pattern.ts'
import { documentShards, rewriteDocuments } from '../../document-pages.ts'
import { fixedPath, parseFieldSpread } from '../../field-spread.ts'
import { defineDocumentOperation } from '../../operation.ts'
import type { Step } from '../../operation.ts'
import { planRemoval, verifyRemoval } from './plan-removal.ts'
import { countHolders, fieldsRead, removals, requireApart } from './removals.ts'
import type { Removal } from './removals.ts'

export interface RemoveFieldSpec {
  readonly pattern: string
  readonly fields: readonly string[]
  readonly options: CheckOption
}

/** Takes fields out of every document of a pattern once no client needs them any more: when the migration completes. */
export function removeFieldStep(
  pattern: string,
  fields: string | readonly string[],
  options: CheckOption = {},
): Step<RemoveFieldSpec> {
  const all = typeof fields === 'string' ? [fields] : fields
  return Object.freeze({ kind: 'removeField', spec: Object.freeze({ pattern, fields: all, options }) })
}

export const removeField = defineDocumentOperation<RemoveFieldSpec>({
  kind: 'removeField',
  meta: {
    summary: 'Takes fields out of the documents when the migration completes',
    phases: ['contract'],
    destructive: true,
  },
  parse: parseSpec,
  plan: (spec, { documents }) => planRemoval(compile(spec), documents, spec.options.check ?? 'sample'),
  async remaining(spec, phase, { documents }) {
    const removal = compile(spec)
    if (phase !== 'contract' || (await countHolders(removal, documents)) === 0) return []
    const { scope } = removal.pattern
    return documentShards(documents, removal.pattern, phase, await documents.count(scope))
  },
  apply(work, hands) {
    const removal = compile(work.spec)
    const { pattern } = removal
    return rewriteDocuments(work, hands, {
      pattern,
      fields: fieldsRead(removal),
      change: (document) => removals(removal, document),
    })
  },
  verify: (spec, { documents }, scope) => verifyRemoval(compile(spec), documents, scope),
  shape: (spec) =>
    compile(spec).fields.map((field) => {
      const spread = field.spread.length > 0 ? ({ spread: true } as const) : {}
      return { change: 'remove', pattern: spec.pattern, path: fixedPath(field), ...spread }
    }),
})

function compile(spec: RemoveFieldSpec): Removal {
  return { pattern: parsePattern(spec.pattern), fields: spec.fields.map(parseFieldSpread) }
}

function parseSpec(spec: unknown): RemoveFieldSpec {
  const { pattern, fields, options } = spec as Partial<RemoveFieldSpec>
  const named = Array.isArray(fields) && fields.length > 0 && fields.every((each) => typeof each === 'string')
  if (typeof pattern !== 'string' || fields === undefined || !named) {
    throw new LockstepError('LS-2002', 'removeField needs a pattern and at least one field', {
      hint: "write firestore.removeField('Users/{uid}', 'nickname')",
    })
  }
  const parsed = { pattern, fields, options: parseCheck(options) }
  requireApart(compile(parsed).fields)
  return parsed
}
