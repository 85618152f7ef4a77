import type { Fields, Value } from '../stores/documents.ts'
import type { CollectionPattern } from './collection-pattern.ts'
import { fieldAt } from './field-path.ts'
import { changeMaps, fixedPath, hasLists, mapsOf } from './field-spread.ts'
import type { FieldSpread } from './field-spread.ts'
import { carry, giveBack, mayGo } from './pair-rules.ts'
import type { Lens, Outcome } from './pair-rules.ts'
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
      }))
    },
  }
}

function topFields(paths: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Set(paths.map(([top = '']) => top))].map((top) => [top])
}

/** Inside lists nothing can be remembered by its place, since members move: both places alone say what is to be done. */
function listRule(from: FieldSpread, to: FieldSpread, lens: Lens): ListRule {
  return {
    path: fixedPath(from),
    change: (value, act) => changeMaps(value, from, (fields) => changeMember(fields, { from, to, lens }, act)),
  }
}

interface Member {
  readonly from: FieldSpread
  readonly to: FieldSpread
  readonly lens: Lens
}

function changeMember(fields: Fields, { from, to, lens }: Member, act: Act): Fields {
  const stateOf = (map: Value | undefined) => ({
    old: fieldAt({ fields: fieldsOf(map) }, from.path),
    neu: fieldAt({ fields: fieldsOf(map) }, to.path),
    base: undefined,
    removed: undefined,
  })
  const forward = act === 'carry' || act === 'remove'
  let map: Value | undefined = { mapValue: { fields } }
  const outcome: Outcome = forward ? carry(stateOf(map), lens) : giveBack(stateOf(map), lens)
  if (outcome.act === 'stuck') return fields
  if (outcome.act === 'write') map = withValueIn(map, (forward ? to : from).path, outcome.value)
  if (act === 'remove') map = withValueIn(map, from.path, undefined)
  if (act === 'retire' && mayGo(stateOf(map), lens)) map = withValueIn(map, to.path, undefined)
  return fieldsOf(map)
}

function fieldsOf(value: Value | undefined): Fields {
  return value !== undefined && 'mapValue' in value ? value.mapValue.fields : {}
}
