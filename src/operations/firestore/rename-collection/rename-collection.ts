import { LockstepError } from '../../../kernel/errors.ts'
import type { CollectionScope } from '../../../stores/documents.ts'
import { parseCheck } from '../../check-option.ts'
import type { CheckOption } from '../../check-option.ts'
import { parsePattern } from '../../collection-pattern.ts'
import { parseTemplate } from '../../name-template.ts'
import type { NameTemplate } from '../../name-template.ts'
import type { PlanWarning, Step } from '../../operation.ts'
import { identity } from '../../pair-rules.ts'
import { defineRelocation } from '../../relocation-operation.ts'
import { satellitesOf } from '../../relocation.ts'
import type { Relocation } from '../../relocation.ts'

export interface RenameCollectionSpec {
  readonly pattern: string
  readonly to: string
  readonly options: CheckOption
}

/** Gives the documents of a pattern, with everything below them, another collection, another parent or another id. */
export function renameCollectionStep(
  pattern: string,
  to: string,
  options: CheckOption = {},
): Step<RenameCollectionSpec> {
  return Object.freeze({ kind: 'renameCollection', spec: Object.freeze({ pattern, to, options }) })
}

export const renameCollection = defineRelocation<RenameCollectionSpec>({
  kind: 'renameCollection',
  summary: 'Moves documents with everything below them to another collection or parent',
  parse: parseSpec,
  describe(spec) {
    const template = parseTemplate(spec.to, spec.pattern)
    return {
      relocation: relocationOf(spec, template),
      summary: `rename ${spec.pattern} to ${spec.to}, with everything below`,
      removal: 'documents deleted',
      check: spec.options.check ?? 'full',
      warnings: warningsOf(spec),
      basis: { pattern: spec.pattern, to: spec.to },
    }
  },
  shape: ({ pattern, to }) => [{ change: 'move', from: pattern, to, what: 'documents', inward: false }],
})

function relocationOf(spec: RenameCollectionSpec, template: NameTemplate): Relocation {
  const depth = spec.pattern.split('/').length
  const source = parsePattern(spec.pattern)
  return {
    hosts: {
      scope: subtreeOf(spec.pattern),
      matches: (name) => source.match(headOf(name, depth)) !== undefined,
      fields: undefined,
    },
    satellites: {
      scope: subtreeOf(spec.to),
      hostOf: (name) => template.sourceBelow(name),
      namesIn: (_, name) => nameList(template.nameBelow(name)),
    },
    direction: 'out',
    unmovable: ({ name }) => template.troubleOf(name),
    pairs(unit) {
      return satellitesOf(unit).map((name) => ({
        from: { name: unit.key, path: [] },
        to: { name, path: [] },
        lens: identity,
      }))
    },
  }
}

function nameList(name: string | undefined): readonly string[] {
  return name === undefined ? [] : [name]
}

function headOf(name: string, depth: number): string {
  return name.split('/').slice(0, depth).join('/')
}

/** The collection above the first placeholder, with all that lies below it. */
function subtreeOf(text: string): CollectionScope {
  const segments = text.split('/')
  const first = segments.findIndex((segment) => segment.includes('{'))
  return {
    parent: segments.slice(0, first - 1).join('/'),
    collection: segments[first - 1] ?? '',
    descendants: false,
    subtree: true,
  }
}

function parseSpec(spec: unknown): RenameCollectionSpec {
  const { pattern, to, options } = spec as Partial<RenameCollectionSpec>
  if (typeof pattern !== 'string' || typeof to !== 'string') {
    throw new LockstepError('LS-2002', 'renameCollection needs two patterns', {
      hint: "write firestore.renameCollection('Whatsapp_Data/{uid}', 'whatsapp/{uid}')",
    })
  }
  parseTemplate(to, pattern)
  if (mayOverlap(pattern, to)) {
    throw new LockstepError('LS-2111', `"${to}" cannot take the documents of "${pattern}": one lies in the other`, {
      where: { name: to },
      hint: 'choose a collection beside it; documents that lie in themselves have no end',
    })
  }
  return { pattern, to, options: parseCheck(options) }
}

/** True where a document of one may be, or lie below, a document of the other. */
function mayOverlap(a: string, b: string): boolean {
  const [left, right] = [a.split('/'), b.split('/')]
  return left.slice(0, right.length).every((segment, index) => {
    const other = right[index] ?? ''
    return segment === other || segment.includes('{') || other.includes('{')
  })
}

function warningsOf({ pattern, to }: RenameCollectionSpec): readonly PlanWarning[] {
  const [old, now] = [pattern, to].map((text) => text.split('/').at(-2) ?? '')
  const references: PlanWarning = {
    code: 'W116',
    message: `references and paths in other documents go on naming ${pattern}`,
    hint: 'rewrite them in a step of their own (transformDocuments), before complete',
  }
  if (old === now) return [references]
  return [
    references,
    {
      code: 'W117',
      message: `indexes, TTL policies, security rules and triggers of "${old}" do not apply to "${now}"`,
      hint: `deploy those of "${now}" before up, and wait for its indexes`,
    },
  ]
}
