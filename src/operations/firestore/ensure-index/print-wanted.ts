import type { FieldIndex, IndexedBy, QueryScope } from '../../../stores/indexes.ts'
import type { Wanted } from './index-spec.ts'

/** What is wanted, for people: `messages (sender ascending, timestamp descending)`. */
export function printWanted(wanted: Wanted): string {
  if (wanted.kind === 'composite') {
    const { group, scope, fields } = wanted.index
    return `${group} (${fields.map(({ path, by }) => `${path} ${printBy(by)}`).join(', ')})${printScope(scope)}`
  }
  const { group, path, indexes, exact } = wanted
  if (indexes.length === 0) return `${group} (${path} not indexed)`
  return `${group} (${path} ${exact ? 'only ' : ''}${indexes.map(printFieldIndex).join(', ')})`
}

function printFieldIndex({ scope, by }: FieldIndex): string {
  return `${printBy(by)}${printScope(scope)}`
}

function printBy(by: IndexedBy): string {
  switch (by) {
    case 'ASCENDING':
      return 'ascending'
    case 'DESCENDING':
      return 'descending'
    case 'CONTAINS':
      return 'contains'
    default:
      return by.replace(/VECTOR\((\d+)\)/, 'vector of $1')
  }
}

function printScope(scope: QueryScope): string {
  return scope === 'COLLECTION_GROUP' ? ' across all collections' : ''
}
