import { LockstepError } from '../../../kernel/errors.ts'
import { parseCheck } from '../../check-option.ts'
import type { CheckOption } from '../../check-option.ts'
import { parsePattern } from '../../collection-pattern.ts'
import { lonePlaces, withWarnings } from '../../lone-places.ts'
import { hasAny, parseMovedFields, shapeOf, topFields } from '../../moved-fields.ts'
import type { MovedField, MovedFields } from '../../moved-fields.ts'
import { parseTemplate, requireApart } from '../../name-template.ts'
import type { Step } from '../../operation.ts'
import { identity } from '../../pair-rules.ts'
import { defineRelocation, sampleSize } from '../../relocation-operation.ts'
import { satellitesOf } from '../../relocation.ts'
import type { PairUnit, Relocation } from '../../relocation.ts'

export interface SplitDocumentOptions extends CheckOption {
  /** The document that takes the fields, with the placeholders of the pattern. */
  readonly into: string
  /** What goes there: names, or `{ contactName: 'name' }` where a field is called differently there. */
  readonly fields: MovedFields
}

export interface SplitDocumentSpec {
  readonly pattern: string
  readonly options: SplitDocumentOptions
}

/** Takes fields out of every document of a pattern into a document of their own. */
export function splitDocumentStep(pattern: string, options: SplitDocumentOptions): Step<SplitDocumentSpec> {
  return Object.freeze({ kind: 'splitDocument', spec: Object.freeze({ pattern, options }) })
}

const splitting = defineRelocation<SplitDocumentSpec>({
  kind: 'splitDocument',
  summary: 'Takes fields into a document of their own; both places are kept in step until the old one goes',
  parse: parseSpec,
  describe(spec) {
    const { pattern, options } = spec
    const moved = parseMovedFields(options.fields)
    const [only] = moved
    return {
      relocation: relocationOf(spec, moved),
      summary: `split ${moved.length} ${moved.length === 1 ? 'field' : 'fields'} of ${pattern} into ${options.into}`,
      ...(moved.length === 1 && only !== undefined ? { field: only.from } : {}),
      removal: 'fields removed',
      check: options.check ?? 'full',
      warnings: [],
      basis: { pattern, into: options.into, fields: moved.map(({ from, to }) => [[...from], [...to]]) },
    }
  },
  shape({ pattern, options }) {
    const moved = parseMovedFields(options.fields)
    return [{ change: 'move', from: pattern, to: options.into, what: 'fields', inward: false, ...shapeOf(moved) }]
  },
})

export const splitDocument = withWarnings(splitting, async (spec, { documents }) => {
  const moved = parseMovedFields(spec.options.fields)
  const most = spec.options.check === 'sample' ? sampleSize : Infinity
  return lonePlaces(relocationOf(spec, moved), documents, { most, fields: topFields(moved.map(({ to }) => to)) })
})

function relocationOf({ pattern, options }: SplitDocumentSpec, moved: readonly MovedField[]): Relocation {
  const source = parsePattern(pattern)
  const template = parseTemplate(options.into, pattern)
  const paths = moved.map(({ from }) => from)
  const targetOf = (name: string): readonly string[] => {
    const target = template.nameOf(name)
    return target === undefined ? [] : [target]
  }
  return {
    hosts: {
      scope: source.scope,
      matches: (name) => source.match(name) !== undefined,
      // Of a nested field the whole field at the top, to see what is in the way when it comes back.
      fields: topFields(paths),
    },
    satellites: {
      scope: template.scope,
      hostOf: template.sourceOf,
      // What is gone from the host is found from the other side.
      namesIn: (host, name) => (hasAny(host, paths) ? targetOf(name) : []),
    },
    direction: 'out',
    unmovable: (document) =>
      source.match(document.name) !== undefined && hasAny(document, paths)
        ? template.troubleOf(document.name)
        : undefined,
    pairs: (unit) =>
      satellitesOf(unit).flatMap((target) => {
        const shared = isKnownToOld(unit, target)
        return moved.map(({ from, to }) => ({
          from: { name: unit.key, path: from },
          to: { name: target, path: to },
          lens: identity,
          shared,
        }))
      }),
  }
}

/** A target that was there before the backfill: clients of the old shape write it whole, or delete it. */
function isKnownToOld({ documents, images, clients }: PairUnit, target: string): boolean {
  const begun = clients?.told.backfill
  const seen = [documents.get(target)?.createTime, images.find(({ name }) => name === target)?.version]
  return begun !== undefined && seen.some((time) => time !== undefined && time <= begun)
}

function parseSpec(spec: unknown): SplitDocumentSpec {
  const { pattern, options } = spec as Partial<SplitDocumentSpec>
  const { into, fields } = options ?? {}
  if (
    typeof pattern !== 'string' ||
    options === undefined ||
    typeof into !== 'string' ||
    typeof fields !== 'object' ||
    fields === null
  ) {
    throw new LockstepError('LS-2002', 'splitDocument needs a pattern, into and fields', {
      hint: "write firestore.splitDocument('Users/{uid}', { into: 'profiles/{uid}', fields: ['bio'] })",
    })
  }
  parseCheck(options)
  parseTemplate(into, pattern)
  requireApart(into, pattern)
  parseMovedFields(fields)
  return { pattern, options }
}
