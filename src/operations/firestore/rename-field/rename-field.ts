import { LockstepError } from '../../../kernel/errors.ts'
import { parsePattern } from '../../collection-pattern.ts'
import { parseCheck } from '../../check-option.ts'
import type { CheckOption } from '../../check-option.ts'
import { fieldRelocation } from '../../field-relocation.ts'
import { fixedPath, parseFieldSpread, requireSameSpread } from '../../field-spread.ts'
import type { FieldSpread } from '../../field-spread.ts'
import type { Step } from '../../operation.ts'
import { identity } from '../../pair-rules.ts'
import { defineRelocation } from '../../relocation-operation.ts'
import { isPrefix } from '../../value-tree.ts'

export interface RenameFieldSpec {
  readonly pattern: string
  readonly from: string
  readonly to: string
  readonly options: CheckOption
}

/** Gives a field of every document of a pattern another name or another place in the document. */
export function renameFieldStep(
  pattern: string,
  from: string,
  to: string,
  options: CheckOption = {},
): Step<RenameFieldSpec> {
  return Object.freeze({ kind: 'renameField', spec: Object.freeze({ pattern, from, to, options }) })
}

export const renameField = defineRelocation<RenameFieldSpec>({
  kind: 'renameField',
  summary: 'Gives a field another name; both are kept in step until the old one goes',
  parse: parseSpec,
  describe(spec) {
    const { pattern, from, to } = compile(spec)
    return {
      relocation: fieldRelocation(pattern, from, to, identity),
      summary: `rename ${spec.from} to ${spec.to} in ${spec.pattern}`,
      ...(from.spread.length === 0 ? { field: from.path } : {}),
      removal: 'fields removed',
      check: spec.options.check ?? 'full',
      warnings: [],
      basis: { pattern: spec.pattern, from: spec.from, to: spec.to },
    }
  },
  shape(spec) {
    const { from, to } = compile(spec)
    const spread = from.spread.length > 0
    const [path, target] = spread ? [fixedPath(from), fixedPath(to)] : [from.path, to.path]
    return [{ change: 'rename', pattern: spec.pattern, path, to: target, ...(spread ? { spread } : {}) }]
  },
})

function compile(spec: RenameFieldSpec): {
  readonly pattern: ReturnType<typeof parsePattern>
  readonly from: FieldSpread
  readonly to: FieldSpread
} {
  return {
    pattern: parsePattern(spec.pattern),
    from: parseFieldSpread(spec.from),
    to: parseFieldSpread(spec.to),
  }
}

function parseSpec(spec: unknown): RenameFieldSpec {
  const { pattern, from, to, options } = spec as Partial<RenameFieldSpec>
  if (typeof pattern !== 'string' || typeof from !== 'string' || typeof to !== 'string') {
    throw new LockstepError('LS-2002', 'renameField needs a pattern and two names of a field', {
      hint: "write firestore.renameField('Users/{uid}', 'mail', 'email')",
    })
  }
  const parsed = { pattern, from, to, options: parseCheck(options) }
  const compiled = compile(parsed)
  requireSameSpread(compiled.from, compiled.to)
  if (isPrefix(compiled.from.path, compiled.to.path) || isPrefix(compiled.to.path, compiled.from.path)) {
    throw new LockstepError('LS-2103', `field "${from}" cannot become "${to}": one lies in the other`, {
      where: { name: to },
      hint: 'rename it to a name outside of itself; use two migrations where the new name must lie within',
    })
  }
  return parsed
}
