import { printFieldPath } from '../../../operations/field-path.ts'
import type { ShapeChange } from '../../../operations/shape-change.ts'
import { defineRule } from '../rule.ts'
import type { ChangeFinding, LintFacts } from '../rule.ts'

export const oldClientBreaks = defineRule({
  name: 'old-client-breaks',
  summary: 'A released client must be able to live with every step',
  checkChange(change, { migration, facts }) {
    const { oldestReaders } = facts
    if (oldestReaders !== undefined && oldestReaders !== 'none' && oldestReaders >= migration.id) return undefined
    if (change.change === 'convert' && printFieldPath(change.path) === printFieldPath(change.to))
      return inPlaceFinding(`${printFieldPath(change.path)} of ${change.pattern} is converted in place`, facts)
    if (change.change === 'transform')
      return inPlaceFinding(`documents of ${change.pattern} are transformed in place`, facts)
    const removed = removedBy(change)
    return removed === undefined ? undefined : removalFinding(removed, facts)
  },
})

function inPlaceFinding(what: string, facts: LintFacts): ChangeFinding {
  return {
    severity: facts.oldestReaders === undefined ? 'warning' : 'error',
    message: `${what}, which ${clientsOf(facts)} cannot read`,
    why: 'from the backfill on these clients meet the new shape and know nothing of it, while they are in use',
    fix: `use a strategy that keeps both shapes ('beside'), or ${releaseFirst}`,
  }
}

function removalFinding(what: string, facts: LintFacts): ChangeFinding {
  return {
    severity: 'warning',
    message: `lockstep complete takes away ${what}, which ${clientsOf(facts)} may still read`,
    why: 'until then both shapes are there; afterwards a client that knows only the old one finds nothing',
    fix: `run lockstep complete only when these clients are gone, or ${releaseFirst}`,
  }
}

const releaseFirst =
  'release readers that know this migration (lockstep codegen) and raise clients.oldest in lockstep.config.ts'

function clientsOf({ oldestReaders }: LintFacts): string {
  if (oldestReaders === undefined) return 'clients released before this migration'
  if (oldestReaders === 'none') return 'the oldest released client, which has no generated readers,'
  return `the oldest released client, whose readers end with ${oldestReaders},`
}

/** What is no longer where it was once the migration is completed; undefined where everything stays. */
function removedBy(change: ShapeChange): string | undefined {
  switch (change.change) {
    case 'remove':
    case 'rename':
    case 'convert':
      return `${printFieldPath(change.path)} of ${change.pattern}`
    case 'move':
      return `${movedBy(change)} at ${change.from}`
    case 'add':
    case 'transform':
    case 'index':
    case 'exempt':
      return undefined
  }
}

function movedBy({ what, path, fields }: Extract<ShapeChange, { change: 'move' }>): string {
  if (what === 'documents') return 'the documents'
  const moved = what === 'fields' ? (fields ?? []) : path === undefined ? [] : [path]
  return moved.length === 0 ? `the ${what}` : moved.map(printFieldPath).join(', ')
}
