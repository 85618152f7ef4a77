import { describe, expect, it } from 'vitest'
import type { CatalogTable, TableShape } from './catalog.ts'
import { findDrift } from './drift.ts'

const plain: TableShape = {
  columns: [{ name: 'id', type: 'integer', notNull: true, default: undefined, generated: false }],
  indexes: [],
  constraints: [],
  triggers: [],
  primaryKey: ['id'],
  rowSecurity: true,
}

const language = { name: 'language', type: 'text', notNull: false, default: "'en'::text", generated: false }
const index = {
  name: 'settings_{key}_idx',
  columns: ['language'],
  unique: false,
  valid: true,
  plain: true,
  definition: 'CREATE INDEX … (language)',
}

function fleetOf(shapes: Readonly<Record<string, readonly [shape: TableShape, count: number]>>) {
  const tables = Object.entries(shapes).flatMap(([id, [, count]]) =>
    Array.from({ length: count }, (_, n): CatalogTable => ({
      schema: 'public',
      name: `${id}_${n}`,
      key: '',
      shape: id,
      pages: 0,
      parent: false,
      rows: 0,
      indexCuts: null,
      constraintCuts: null,
    })),
  )
  return findDrift(tables, { shapes: new Map(Object.entries(shapes).map(([id, [shape]]) => [id, shape])) })
}

describe('findDrift', () => {
  it('finds none in a fleet of one shape, and in none at all', () => {
    expect(fleetOf({ a: [plain, 3] })).toEqual({ usual: 3, odd: [] })
    expect(fleetOf({})).toEqual({ usual: 0, odd: [] })
  })

  it('groups odd tables, the largest group first, and says how each differs from most', () => {
    const usual = { ...plain, columns: [...plain.columns, language], indexes: [index] }
    const { usual: count, odd } = fleetOf({
      few: [{ ...usual, indexes: [{ ...index, valid: false }], rowSecurity: false }, 1],
      most: [usual, 5],
      some: [plain, 2],
      other: [
        { ...usual, columns: [...plain.columns, { ...language, type: 'character varying(5)', notNull: true }] },
        1,
      ],
    })
    expect(count).toBe(5)
    expect(odd.map(({ tables, differences }) => [tables.length, differences])).toEqual([
      [2, ['column language is missing', 'index settings_{key}_idx is missing']],
      [
        1,
        [
          'index settings_{key}_idx is CREATE INDEX … (language) (invalid), not CREATE INDEX … (language)',
          'row level security is off',
        ],
      ],
      [1, ["column language is character varying(5) not null default 'en'::text, not text default 'en'::text"]],
    ])
  })

  it('takes sequences of their own for the same', () => {
    const serial = (table: string): TableShape => ({
      ...plain,
      columns: [{ ...language, name: 'id', default: `nextval('${table}_id_seq'::regclass)` }],
    })
    const odd = { ...serial('settings_b'), columns: [...serial('settings_b').columns, language] }
    expect(fleetOf({ a: [serial('settings_a'), 2], b: [odd, 1] }).odd[0]?.differences).toEqual([
      'column language is there besides',
    ])
  })

  it('names what no definition shows', () => {
    expect(fleetOf({ a: [plain, 2], b: [plain, 1] }).odd[0]?.differences).toEqual([
      'owner, rights, policies or the order of columns differ',
    ])
  })
})
