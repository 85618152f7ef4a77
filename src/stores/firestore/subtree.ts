import { compareNames } from '../document-names.ts'
import type { CollectionScope, NameRange } from '../documents.ts'
import type { RawFilter } from './protocol.ts'

/** The id that sorts before every other. */
const leastId = '__id-9223372036854775808__'

interface Ends {
  /** The least name of the subtree. */
  readonly first: string
  /** The least name behind it: of the collection whose id is the next possible one. */
  readonly end: string
}

function endsOf({ parent, collection }: CollectionScope): Ends {
  const above = parent === '' ? '' : `${parent}/`
  return { first: `${above}${collection}/${leastId}`, end: `${above}${collection}\u0000/${leastId}` }
}

/** What keeps a query of all collections below `parent` to one of them and everything below it. */
export function subtreeFilter(root: string, scope: CollectionScope): RawFilter {
  const { first, end } = endsOf(scope)
  const bound = (op: 'GREATER_THAN_OR_EQUAL' | 'LESS_THAN', name: string): RawFilter => ({
    fieldFilter: { field: { fieldPath: '__name__' }, op, value: { referenceValue: `${root}/${name}` } },
  })
  return { compositeFilter: { op: 'AND', filters: [bound('GREATER_THAN_OR_EQUAL', first), bound('LESS_THAN', end)] } }
}

/** The part of a range that lies in the subtree, open at the ends of the subtree; undefined when there is none. */
export function clipToSubtree(scope: CollectionScope, { after, before }: NameRange): NameRange | undefined {
  const { first, end } = endsOf(scope)
  if (after !== undefined && compareNames(after, end) >= 0) return undefined
  if (before !== undefined && compareNames(before, first) <= 0) return undefined
  return {
    ...(after === undefined || compareNames(after, first) < 0 ? {} : { after }),
    ...(before === undefined || compareNames(before, end) >= 0 ? {} : { before }),
  }
}
