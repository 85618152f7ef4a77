import { parsePattern } from '../../../operations/collection-pattern.ts'
import { printFieldPath } from '../../../operations/field-path.ts'
import type { GroupField } from '../../../operations/index-settings.ts'
import type { ShapeChange } from '../../../operations/shape-change.ts'
import type { FieldPath } from '../../../stores/documents.ts'
import { defineRule } from '../rule.ts'
import type { ChangeFinding } from '../rule.ts'

export const ttlConversion = defineRule({
  name: 'ttl-conversion',
  summary: 'A field with a time to live must not get timestamps that have passed',
  checkChange(change, { migration, facts }) {
    const { expiring } = facts.indexes
    if (change.change === 'move') return movedInto(change, expiring)
    const written = writtenBy(change, migration.id)
    if (written === undefined) return undefined
    const { pattern, path } = written
    const { collection } = parsePattern(pattern).scope
    const field = printFieldPath(path)
    const expires = expiring.some((each) => each.collection === collection && each.field === field)
    return expires ? findingOf(written, field, collection) : undefined
  },
})

/** What comes to another collection comes under its times to live. Entries in a map of a document come under none. */
function movedInto(
  { from, to, what, inward, fields, named = fields }: Extract<ShapeChange, { change: 'move' }>,
  expiring: readonly GroupField[],
): ChangeFinding | undefined {
  const [source, collection] = [from, to].map((pattern) => parsePattern(pattern).scope.collection)
  const isMember = (field: string): boolean =>
    what === 'fields' && named !== undefined ? named.map(printFieldPath).includes(field) : !inward
  const already = new Set(expiring.filter((each) => each.collection === source).map(({ field }) => field))
  const found = expiring.find(
    ({ collection: group, field }) =>
      group === collection && isMember(field) && !(what === 'documents' && already.has(field)),
  )
  if (found === undefined) return undefined
  const written: Written = { pattern: to, path: [], what: `gets what is moved from ${from}`, severity: 'warning' }
  return findingOf(written, found.field, found.collection)
}

interface Written {
  readonly pattern: string
  readonly path: FieldPath
  readonly what: string
  readonly severity: ChangeFinding['severity']
}

/** The field that gets timestamps which may have passed, and how; undefined where none does. */
function writtenBy(change: ShapeChange, migration: string): Written | undefined {
  switch (change.change) {
    case 'convert':
      if (change.conversion.to !== 'timestamp') return undefined
      return { pattern: change.pattern, path: change.to, what: 'becomes a timestamp', severity: 'error' }
    case 'rename': {
      const what = `gets the values of ${printFieldPath(change.path)}`
      return { pattern: change.pattern, path: change.to, what, severity: 'warning' }
    }
    case 'add':
      if (change.default === undefined || !('timestampValue' in change.default)) return undefined
      if (Date.parse(change.default.timestampValue) > writtenAt(migration)) return undefined
      return { pattern: change.pattern, path: change.path, what: 'gets a time that has passed', severity: 'error' }
    case 'remove':
    case 'transform':
    case 'move':
    case 'index':
    case 'exempt':
      return undefined
  }
}

/** When the migration was written, from its id: it is applied at that time at the earliest. Milliseconds since 1970. */
function writtenAt(id: string): number {
  return Date.parse(id.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d).*$/, '$1-$2-$3T$4:$5:$6Z'))
}

function findingOf({ pattern, what, severity }: Written, field: string, collection: string): ChangeFinding {
  return {
    severity,
    message: `${field} of ${pattern} ${what}, and firestore.indexes.json gives it a time to live`,
    why: 'only timestamps expire: a document whose timestamp has passed is deleted within about a day, and down cannot bring it back',
    fix: `take "ttl": true from ${field} of "${collection}" and deploy that first, or write to a field without a time to live`,
  }
}
