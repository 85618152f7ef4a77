import type { FieldPath, Fields, Value } from '../stores/documents.ts'
import type { CollectionPattern } from './collection-pattern.ts'
import { fieldAt, isBlocked } from './field-path.ts'
import { changeMaps, fixedPath, hasLists, mapsOf } from './field-spread.ts'
import type { FieldSpread } from './field-spread.ts'
import { agree, carry, giveBack, identity, mayGo } from './pair-rules.ts'
import type { Lens, PairState } from './pair-rules.ts'
import type { Act, ListRule, Relocation } from './relocation.ts'
import { withValueIn } from './value-tree.ts'

/** One field that becomes another of the same document, in each of the maps that the spread names. */
export function fieldRelocation(
  pattern: CollectionPattern,
  from: FieldSpread,
  to: FieldSpread,
  lens: Lens,
): Relocation {
  const paths = [fixedPath(from), fixedPath(to)]
  const hosts = {
    scope: pattern.scope,
    matches: (name: string) => pattern.match(name) !== undefined,
    // Of a nested field the whole field at the top, to see what is in the way.
    fields: paths.some((path) => path.length === 0) ? undefined : topFields(paths),
  }
  if (hasLists(from)) return { hosts, direction: 'out', pairs: () => [], lists: [listRule(from, to, lens)] }
  return {
    hosts,
    direction: 'out',
    pairs({ key, documents }) {
      const document = documents.get(key)
      const maps = document === undefined ? [] : mapsOf(document, from)
      return maps.map((map) => ({
        from: { name: key, path: [...map, ...from.path] },
        to: { name: key, path: [...map, ...to.path] },
        lens,
        // Clients of the old shape set whole documents, and those of both do while a migration goes back.
        shared: true,
        gaps: lens !== identity,
      }))
    },
  }
}

function topFields(paths: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Set(paths.map(([top = '']) => top))].map((top) => [top])
}

/**
 * Inside lists nothing can be remembered by its place, since members move: both places alone say what is to be done,
 * but for lists that nobody has written since, which go back as a whole.
 */
function listRule(from: FieldSpread, to: FieldSpread, lens: Lens): ListRule {
  const member = { from: from.path, to: to.path, lens }
  return {
    path: fixedPath(from),
    change: (value, act, note) => changeMaps(value, from, (fields) => changeMember(fields, member, { act, note })),
    standing(value) {
      const found = { existing: 0, taken: 0 }
      changeMaps(value, from, (fields) => {
        const { old, neu } = stateOf(fields, member)
        if (old !== undefined && neu !== undefined) found[agree(old, neu, lens) ? 'existing' : 'taken']++
        return fields
      })
      return found
    },
  }
}

interface Member {
  readonly from: FieldPath
  readonly to: FieldPath
  readonly lens: Lens
}

function stateOf(fields: Fields, { from, to }: Member): PairState {
  return { old: fieldAt({ fields }, from), neu: fieldAt({ fields }, to), base: undefined, removed: undefined }
}

interface Doing {
  readonly act: Act
  readonly note: (why: string) => void
}

function changeMember(fields: Fields, member: Member, { act, note }: Doing): Fields {
  const { lens } = member
  const forward = act === 'carry' || act === 'trail' || act === 'remove'
  const target = forward ? member.to : member.from
  const outcome = forward
    ? carry(stateOf(fields, member), lens, act === 'carry' ? 'old' : 'new')
    : giveBack(stateOf(fields, member), lens)
  if (outcome.act === 'stuck') {
    note(`a member of a list stays as it is: ${outcome.why}`)
    return fields
  }
  if (outcome.act === 'write' && isBlocked({ fields }, target)) {
    note('in a member of a list, something that is not a map is in the way, and stays')
    return fields
  }
  const settled = outcome.act === 'write' ? withAt(fields, target, outcome.value) : fields
  if (act === 'remove') return withAt(settled, member.from, undefined)
  return act === 'retire' && mayGo(stateOf(settled, member), lens) ? withoutBranch(settled, member.to) : settled
}

/** Takes the value out, and with it the maps around it that are left empty. */
function withoutBranch(fields: Fields, path: FieldPath): Fields {
  const left = withAt(fields, path, undefined)
  const above = path.slice(0, -1)
  const map = above.length === 0 ? undefined : fieldAt({ fields: left }, above)
  const isEmpty = map !== undefined && 'mapValue' in map && Object.keys(map.mapValue.fields).length === 0
  return isEmpty ? withoutBranch(left, above) : left
}

function withAt(fields: Fields, path: FieldPath, inner: Value | undefined): Fields {
  const value = withValueIn({ mapValue: { fields } }, path, inner)
  return value !== undefined && 'mapValue' in value ? value.mapValue.fields : {}
}
