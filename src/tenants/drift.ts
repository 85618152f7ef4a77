import type { Catalog, CatalogTable, TableShape } from './catalog.ts'

/** Tables of one template that are alike, but not as most are. */
export interface OddTables {
  readonly tables: readonly CatalogTable[]
  /** How they differ from the shape that most tables have, each in words: `column language is missing`. */
  readonly differences: readonly string[]
}

export interface Drift {
  /** Tables in the shape that most have. */
  readonly usual: number
  /** The largest group first. */
  readonly odd: readonly OddTables[]
}

/** Groups the tables by shape and says how each group differs from the largest one. Pure. */
export function findDrift(tables: readonly CatalogTable[], { shapes }: Pick<Catalog, 'shapes'>): Drift {
  const groups = new Map<string, CatalogTable[]>()
  for (const table of tables) {
    const alike = groups.get(table.shape)
    if (alike === undefined) groups.set(table.shape, [table])
    else alike.push(table)
  }
  const [usual, ...odd] = [...groups].sort(([, a], [, b]) => b.length - a.length)
  const usualShape = usual === undefined ? undefined : shapes.get(usual[0])
  if (usual === undefined || usualShape === undefined) return { usual: 0, odd: [] }
  return {
    usual: usual[1].length,
    odd: odd.flatMap(([shape, alike]) => {
      const found = shapes.get(shape)
      return found === undefined ? [] : [{ tables: alike, differences: differencesOf(usualShape, found) }]
    }),
  }
}

/** How the second shape differs from the first, whose hash is another. */
function differencesOf(usual: TableShape, odd: TableShape): readonly string[] {
  const found = shapeDifferences(usual, odd)
  return found.length > 0 ? found : ['owner, rights, policies or the order of columns differ']
}

/** How the second shape differs from the first in what both spell out: the order of columns is left aside. */
export function shapeDifferences(usual: TableShape, odd: TableShape): readonly string[] {
  return [
    ...compare('column', usual.columns, odd.columns, ({ type, notNull, default: value, generated }) =>
      [type, notNull ? 'not null' : '', value === undefined ? '' : `default ${value}`, generated ? 'generated' : '']
        .filter((word) => word !== '')
        .join(' ')
        .replace(sequence, "nextval('…'::regclass)"),
    ),
    ...compare(
      'index',
      usual.indexes,
      odd.indexes,
      ({ definition, valid }) => definition + (valid ? '' : ' (invalid)'),
    ),
    ...compare(
      'constraint',
      usual.constraints,
      odd.constraints,
      ({ definition, validated }) => definition + (validated ? '' : ' (not validated)'),
    ),
    ...compare(
      'trigger',
      usual.triggers,
      odd.triggers,
      ({ definition, enabled }) => definition + (enabled ? '' : ' (disabled)'),
    ),
    ...(usual.rowSecurity === odd.rowSecurity ? [] : [`row level security is ${odd.rowSecurity ? 'on' : 'off'}`]),
  ]
}

/** Each table of a template has a sequence of its own, by a name of its own. */
const sequence = /\bnextval\('(?:[^']|'')*'::regclass\)/

function compare<T extends { readonly name: string }>(
  kind: string,
  usual: readonly T[],
  odd: readonly T[],
  print: (each: T) => string,
): readonly string[] {
  const there = new Map(odd.map((each) => [each.name, each]))
  const known = new Set(usual.map(({ name }) => name))
  return [
    ...usual.flatMap((each) => {
      const other = there.get(each.name)
      if (other === undefined) return [`${kind} ${each.name} is missing`]
      return print(other) === print(each) ? [] : [`${kind} ${each.name} is ${print(other)}, not ${print(each)}`]
    }),
    ...odd.flatMap(({ name }) => (known.has(name) ? [] : [`${kind} ${name} is there besides`])),
  ]
}
