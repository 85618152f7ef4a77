import { z } from 'zod'
import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { operators } from './vector-index.ts'

const planNode = z.object({
  'Index Name': z.string().optional(),
  'Sort Key': z.array(z.string()).optional(),
  get Plans() {
    return z.array(planNode).optional()
  },
})
type PlanNode = z.infer<typeof planNode>

const explained = z.array(
  z.object({
    Plan: planNode,
    'Planning Time': z.number().optional(),
    'Execution Time': z.number().optional(),
  }),
)

/** How the server goes about a search. */
export interface Explained {
  readonly indexes: readonly string[]
  /** Each as Postgres prints it. */
  readonly sortKeys: readonly string[]
  /** The server's own time to plan and to run it, where it was run. */
  readonly milliseconds: number
}

/** Explains a search, and with `run` runs it. Network and transfer of the answer are not in its time. */
export async function explain(q: Queryable, sql: string, vector: string, run: boolean): Promise<Explained> {
  const how = run ? 'analyze, timing off, ' : ''
  const [row] = await q.query(`explain (${how}format json) ${sql}`, [vector])
  const [plan] = explained.parse(Object.values(row ?? {})[0])
  const nodes = plan === undefined ? [] : allNodes(plan.Plan)
  return {
    indexes: nodes.flatMap((node) => node['Index Name'] ?? []),
    sortKeys: nodes.flatMap((node) => node['Sort Key'] ?? []),
    milliseconds: (plan?.['Planning Time'] ?? 0) + (plan?.['Execution Time'] ?? 0),
  }
}

function allNodes(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(allNodes)]
}

export interface VectorIndexShape {
  readonly name: string
  readonly definition: string
}

export type IndexUse = 'used' | 'not preferred' | { readonly never: string }

const onlyIndex = 'set local enable_seqscan = off; set local enable_sort = off; set local enable_bitmapscan = off'
const asUsual =
  'set local enable_seqscan to default; set local enable_sort to default; set local enable_bitmapscan to default'

/**
 * Whether a search uses the index as things are; where it does not, whether it could. `never` says why it cannot, and
 * how the search has to be written.
 */
export async function indexUse(
  q: Queryable,
  index: VectorIndexShape,
  search: { readonly sql: string; readonly vector: string; readonly column: string },
): Promise<IndexUse> {
  const { sql, vector, column } = search
  if ((await explain(q, sql, vector, false)).indexes.includes(index.name)) return 'used'
  await q.script(onlyIndex)
  const forced = await explain(q, sql, vector, false)
  await q.script(asUsual)
  return forced.indexes.includes(index.name) ? 'not preferred' : { never: whyNever(index, column, forced.sortKeys) }
}

const byClass = /USING \w+ \((.*) (?:\w+\.)?"?((?:vector|halfvec|bit|sparsevec)_(l2|ip|cosine|l1)_ops)"?[^)]*\)/

/** Why an index cannot serve a search that sorts by these keys, with the words to write. Pure. */
export function whyNever({ name, definition }: VectorIndexShape, column: string, sortKeys: readonly string[]): string {
  const shown = /^[a-z_][a-z0-9_]*$/.test(column) ? column : quoteIdentifier(column)
  const [, expression = shown, operatorClass = '', metric = 'l2'] = byClass.exec(definition) ?? []
  const wanted = operators[metric as keyof typeof operators] ?? operators.l2
  const cast = /::\S*?(halfvec\(\d+\))/.exec(expression)?.[1]
  const [on, to] = cast === undefined ? [shown, '$1'] : [`${shown}::${cast}`, `$1::${cast}`]
  const fix = `write "order by ${on} ${wanted} ${to} limit …" with nothing around it`
  return `its query cannot use the index ${name}: ${reasonOf({ column, wanted, operatorClass, cast }, sortKeys)}; ${fix}`
}

interface Wanted {
  readonly column: string
  readonly wanted: string
  readonly operatorClass: string
  readonly cast: string | undefined
}

function reasonOf({ column, wanted, operatorClass, cast }: Wanted, sortKeys: readonly string[]): string {
  const key = sortKeys.find((each) => each.includes(column))
  const found = key === undefined ? undefined : / (<->|<#>|<=>|<\+>) /.exec(key)?.[1]
  if (key === undefined || found === undefined) return `it is not ordered by a distance of ${column}`
  if (found !== wanted) return `it is ordered by ${found}, the index is for ${wanted} (${operatorClass})`
  if (cast !== undefined && !key.includes('::halfvec(') && !/::\S*\.halfvec\(/.test(key))
    return `the index is of ${column} cast to ${cast}, and the query has to cast as it does`
  return key.endsWith(' DESC') ? 'it is ordered downwards' : 'it does more than order by the distance'
}
