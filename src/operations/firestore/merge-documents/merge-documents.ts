import { LockstepError } from '../../../kernel/errors.ts'
import type { Document, DocumentReader, FieldPath } from '../../../stores/documents.ts'
import { parseCheck } from '../../check-option.ts'
import type { CheckOption } from '../../check-option.ts'
import { parsePattern } from '../../collection-pattern.ts'
import { sampleDocuments } from '../../document-pages.ts'
import { parseFieldPath } from '../../field-path.ts'
import { lonePlaces, withWarnings } from '../../lone-places.ts'
import { hasAny, parseMovedFields, shapeOf, topFields } from '../../moved-fields.ts'
import type { MovedField, MovedFields } from '../../moved-fields.ts'
import { parseTemplate, requireApart } from '../../name-template.ts'
import type { PlanWarning, Step } from '../../operation.ts'
import { identity } from '../../pair-rules.ts'
import { defineRelocation, sampleSize } from '../../relocation-operation.ts'
import { satellitesOf } from '../../relocation.ts'
import type { Relocation } from '../../relocation.ts'

export interface MergeDocumentsOptions extends CheckOption {
  /** The document that takes the fields, with the placeholders of the pattern. Made where it does not exist. */
  readonly into: string
  /** What goes there: names, or `{ name: 'contactName' }` where a field is called differently there. All by default. */
  readonly fields?: MovedFields
  /** The map field that takes them. Needed where no fields are named: it alone tells them from the target's own. */
  readonly as?: string
}

export interface MergeDocumentsSpec {
  readonly pattern: string
  readonly options: MergeDocumentsOptions
}

/** Takes every document of a pattern into the one it belongs to. */
export function mergeDocumentsStep(pattern: string, options: MergeDocumentsOptions): Step<MergeDocumentsSpec> {
  return Object.freeze({ kind: 'mergeDocuments', spec: Object.freeze({ pattern, options }) })
}

const merging = defineRelocation<MergeDocumentsSpec>({
  kind: 'mergeDocuments',
  summary: 'Takes documents into others; both places are kept in step until the old one goes',
  parse: parseSpec,
  describe(spec) {
    const { pattern, options } = spec
    const moved = movedBy(options)
    return {
      relocation: relocationOf(spec, moved),
      summary: `merge ${pattern} into ${options.into}`,
      removal: options.fields === undefined ? 'documents deleted' : 'fields removed',
      check: options.check ?? 'full',
      warnings: [],
      basis: { pattern, into: options.into, fields: moved.map(({ from, to }) => [[...from], [...to]]) },
    }
  },
  shape({ pattern, options }) {
    const move = { change: 'move', from: pattern, to: options.into, what: 'fields', inward: true } as const
    if (options.fields !== undefined) return [{ ...move, ...shapeOf(movedBy(options)) }]
    return [{ ...move, path: placeOf(options) }]
  },
})

export const mergeDocuments = withWarnings(merging, async (spec, { documents }) => {
  const moved = movedBy(spec.options)
  const most = spec.options.check === 'sample' ? sampleSize : Infinity
  const fields = topFields(moved.map(({ to }) => to))
  const lone = await lonePlaces(relocationOf(spec, moved), documents, { most, fields })
  return [...lone, ...(await warningsBelow(spec, documents))]
})

/** Without names the document goes as a whole, so that one without fields is not forgotten. */
function movedBy(options: MergeDocumentsOptions): readonly MovedField[] {
  const place = placeOf(options)
  return options.fields === undefined ? [{ from: [], to: place }] : parseMovedFields(options.fields, place)
}

function placeOf({ as }: MergeDocumentsOptions): FieldPath {
  return as === undefined ? [] : parseFieldPath(as)
}

function relocationOf({ pattern, options }: MergeDocumentsSpec, moved: readonly MovedField[]): Relocation {
  const source = parsePattern(pattern)
  const template = parseTemplate(options.into, pattern)
  const paths = moved.map(({ to }) => to)
  const sourceOf = (name: string): readonly string[] => {
    const found = template.sourceOf(name)
    return found === undefined ? [] : [found]
  }
  return {
    hosts: {
      scope: template.scope,
      matches: (name) => template.sourceOf(name) !== undefined,
      // Whole: it may be larger than a document can be, and one that was made for the fields goes as a whole.
      fields: undefined,
      copied: paths.some((path) => path.length === 0) ? undefined : topFields(paths),
    },
    satellites: {
      scope: source.scope,
      hostOf: template.nameOf,
      // What has not come to the host yet is found from the other side.
      namesIn: (host, name) => (hasAny(host, paths) ? sourceOf(name) : []),
    },
    direction: 'in',
    unmovable: ({ name }) => (source.match(name) === undefined ? undefined : template.troubleOf(name)),
    pairs: (unit) =>
      satellitesOf(unit).flatMap((name) =>
        moved.map(({ from, to }) => ({
          from: { name, path: from },
          to: { name: unit.key, path: to },
          lens: identity,
          shared: true,
        })),
      ),
  }
}

/** Documents in which plan looks for collections below: one request each. */
const looked = 20

/** What lies below a document that goes stays where it is. */
async function warningsBelow(spec: MergeDocumentsSpec, documents: DocumentReader): Promise<readonly PlanWarning[]> {
  const moved = movedBy(spec.options)
  const sample = await sampleDocuments(documents, parsePattern(spec.pattern), undefined, looked)
  const going = sample.filter((document) => isLeftEmpty(document, moved))
  const found = await Promise.all(
    going.map(async ({ name }) => (await documents.collectionIds(name)).map((id) => [name, id] as const)),
  )
  const [first] = found.flat()
  if (first === undefined) return []
  const [name, collection] = first
  return [
    {
      code: 'W115',
      message: `documents below those of ${spec.pattern} stay where they are, below a document that is missing then, as in ${name}/${collection}`,
      hint: 'readers of them are not disturbed; move them with renameCollection where they should come along',
    },
  ]
}

function isLeftEmpty({ fields }: Document, moved: readonly MovedField[]): boolean {
  const tops = new Set(moved.flatMap(({ from }) => (from.length <= 1 ? from : [])))
  return moved.some(({ from }) => from.length === 0) || Object.keys(fields).every((key) => tops.has(key))
}

function parseSpec(spec: unknown): MergeDocumentsSpec {
  const { pattern, options } = spec as Partial<MergeDocumentsSpec>
  const { into, fields, as } = options ?? {}
  if (typeof pattern !== 'string' || options === undefined || typeof into !== 'string' || !isOptional(fields, as)) {
    throw new LockstepError('LS-2002', 'mergeDocuments needs a pattern and into, and fields or as', {
      hint: "write firestore.mergeDocuments('contacts/{id}', { into: 'chats/{id}', as: 'contact' })",
    })
  }
  if (fields === undefined && as === undefined) {
    throw new LockstepError('LS-2002', 'mergeDocuments needs fields or as: else nothing tells what came from where', {
      hint: "name the fields, as in fields: ['name', 'phone'], or a map field that takes them all: as: 'contact'",
    })
  }
  parseCheck(options)
  parseTemplate(into, pattern)
  requireApart(into, pattern)
  movedBy(options)
  return { pattern, options }
}

function isOptional(fields: unknown, as: unknown): boolean {
  return (
    (fields === undefined || (typeof fields === 'object' && fields !== null)) &&
    (as === undefined || typeof as === 'string')
  )
}
