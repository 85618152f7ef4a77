import { expect, test } from 'vitest'
import { isShared, passGroups } from './pass-groups.ts'
import type { CatalogPass } from './table-passes.ts'
import { smallTable } from './table-state.ts'
import type { TableState } from './table-state.ts'

const shape = { columns: [], indexes: [], constraints: [], triggers: [], primaryKey: [], rowSecurity: false }

function tableOf(n: number, bytes = 0): TableState {
  const name = `t${String(n).padStart(3, '0')}`
  return { schema: 'public', name, key: '', bytes, parent: false, rows: 0, shape, fingerprint: '' }
}

function sizes(pass: Partial<CatalogPass>, tables: readonly TableState[]): readonly number[] {
  const whole = { name: '', phase: 'expand', how: 'together', what: '', lock: '', undo: '', lacking: '' } as const
  const groups = passGroups({ ...whole, statements: () => [], ...pass }, tables)
  expect(groups.flat()).toEqual(tables)
  return groups.map((group) => group.length)
}

const many = Array.from({ length: 120 }, (_, n) => tableOf(n))

test('tables change together in groups that stay far below the lock table', () => {
  expect(sizes({}, many)).toEqual([50, 50, 20])
  expect(sizes({ locks: 8 }, many)).toEqual([25, 25, 25, 25, 20])
  expect(sizes({ atOnce: 100, locks: 1 }, many)).toEqual([100, 20])
  expect(sizes({ locks: 1000 }, many.slice(0, 2))).toEqual([1, 1])
})

test('a table that is read for long stands alone, those beside it share a transaction', () => {
  const tables = [tableOf(0), tableOf(1), tableOf(2, smallTable + 1), tableOf(3), tableOf(4, smallTable)]
  expect(sizes({ how: 'one by one' }, tables)).toEqual([2, 1, 2])
  expect(sizes({ how: 'together' }, tables)).toEqual([5])
})

test('where values are kept, and outside of transactions, each stands alone', () => {
  expect(sizes({ how: 'one by one', keeps: () => undefined }, many.slice(0, 3))).toEqual([1, 1, 1])
  expect(sizes({ how: 'concurrently' }, many.slice(0, 3))).toEqual([1, 1, 1])
  expect(isShared({ how: 'concurrently' }, tableOf(0))).toBe(false)
})

test('where tables are read as a whole, a group is as large as its bytes allow', () => {
  const tables = [tableOf(0, 600), tableOf(1, 300), tableOf(2, 200), tableOf(3, 2000), tableOf(4), tableOf(5)]
  expect(sizes({ bytesAtOnce: 1000 }, tables)).toEqual([2, 1, 1, 2])
  expect(sizes({ bytesAtOnce: 1000 }, many)).toEqual([50, 50, 20])
})
