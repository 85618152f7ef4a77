import type { CheckIndexes } from './indexes.ts'
import { keyOf, parseDocumentName, parseParent } from './names.ts'
import { maskFields } from './paths.ts'
import type { FieldPath } from './paths.ts'
import { parseQuery } from './query.ts'
import type { Plan } from './query.ts'
import { isAskedFor, runQuery } from './run-query.ts'
import { invalid } from './status.ts'
import type { StoredDocument, View } from './store.ts'
import type { WireTarget } from './wire.ts'

/** What a listener looks at: some documents by name, or the results of a query. */
export interface Target {
  readonly id: number
  /** Ends when it has been answered once. */
  readonly once: boolean
  readonly results: (view: View) => Iterable<StoredDocument>
  /** Whether a document belongs, when that depends on nothing but itself. */
  readonly holds: ((document: StoredDocument) => boolean) | undefined
  readonly projection: readonly FieldPath[] | undefined
  /** Documents asked for by name. */
  readonly names: readonly string[]
}

/** A target of a database; refused when it is no valid query or names something elsewhere. */
export function parseTarget(wire: WireTarget, database: string, check: CheckIndexes): Target {
  const id = wire.targetId ?? 0
  if (id < 0) throw invalid('Target id must not be negative.')
  const base = { id, once: wire.once ?? false }
  if (wire.documents) return { ...base, ...documentsTarget(wire.documents.documents ?? [], database) }
  if (!wire.query) throw invalid('A target must have documents or a query.')
  const { parent = '', structuredQuery } = wire.query
  const plan = parseQuery(parent, structuredQuery ?? {})
  if (plan.nearest) throw invalid('find_nearest cannot be listened to.')
  if (parseParent(parent).database !== database) throw invalid(`The query is not of the database "${database}".`)
  check(plan, [], database)
  return { ...base, ...queryTarget(plan) }
}

type Watched = Omit<Target, 'id' | 'once'>

function documentsTarget(names: readonly string[], database: string): Watched {
  if (names.length === 0) throw invalid('A target must name at least one document.')
  const keys = new Set(
    names.map((name) => {
      const parsed = parseDocumentName(name)
      if (parsed.database !== database) throw invalid(`Document name "${name}" is not in the database "${database}".`)
      return keyOf(parsed.segments)
    }),
  )
  return {
    results: (view) => [...keys].flatMap((key) => view.get(key) ?? []),
    holds: ({ key }) => keys.has(key),
    projection: undefined,
    names,
  }
}

function queryTarget(plan: Plan): Watched {
  const isAlone = plan.limit === Number.POSITIVE_INFINITY && plan.offset === 0
  return {
    results: (view) => runQuery(view, plan),
    holds: isAlone ? (document) => isAskedFor(plan, document) : undefined,
    projection: plan.projection,
    names: [],
  }
}

/** A document as the target shows it. */
export function shown({ projection }: Target, { name, fields, createTime, updateTime }: StoredDocument): object {
  return { name, createTime, updateTime, fields: maskFields(fields, projection) }
}
