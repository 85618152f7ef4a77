import { expect, test } from 'vitest'
import type { ShapeChange } from '../../../operations/shape-change.ts'
import { noIndexSettings } from '../../../operations/index-settings.ts'
import type { RuleFinding } from '../rule.ts'
import { oldClientBreaks } from './old-client-breaks.ts'

const id = '20261122093000_x'

function check(change: ShapeChange, oldestReaders: string | undefined): readonly RuleFinding[] {
  return oldClientBreaks.check({
    migration: { id, steps: [{ changes: [change] }] },
    earlier: [],
    facts: { oldestReaders, indexes: noIndexSettings },
  })
}

const pattern = 'Shop/{id}'
const conversion = { from: 'string', to: 'int' } as const
const convert = (to: string): ShapeChange => ({
  change: 'convert',
  pattern,
  path: ['price'],
  to: [to],
  conversion,
  custom: false,
})
const move = (more: object): ShapeChange => ({
  change: 'move',
  from: 'Users/{uid}',
  to: 'Users/{uid}/workflows/{name}',
  what: 'entries',
  inward: false,
  ...more,
})

const inPlace: readonly (readonly [string, ShapeChange])[] = [
  ['a conversion in place', convert('price')],
  [
    'one with a marker, which readers must know too',
    { ...convert('price'), marker: { path: ['v'], value: { integerValue: '2' } } } as ShapeChange,
  ],
  ['free code', { change: 'transform', pattern }],
]
const takenAway: readonly (readonly [string, ShapeChange, string])[] = [
  ['a removal', { change: 'remove', pattern, path: ['price'] }, 'price of Shop/{id}'],
  ['a rename', { change: 'rename', pattern, path: ['price'], to: ['cost'] }, 'price of Shop/{id}'],
  ['a conversion beside', convert('cost'), 'price of Shop/{id}'],
  ['a move of documents', move({ what: 'documents' }), 'the documents at Users/{uid}'],
  ['a move of entries', move({ path: ['workflows'] }), 'workflows at Users/{uid}'],
  ['a move of fields', move({ what: 'fields', fields: [['a'], ['b', 'c']] }), 'a, b.c at Users/{uid}'],
]

test.each(inPlace)('%s is an error for clients that do not know it, a warning where none is named', (_, change) => {
  const severity = (oldest: string | undefined): string | undefined => check(change, oldest)[0]?.severity
  expect(severity('20261122092959_earlier')).toBe('error')
  expect(severity('none')).toBe('error')
  expect(severity(undefined)).toBe('warning')
})

test.each(takenAway)('%s is a warning that complete must wait', (_, change, what) => {
  for (const oldest of ['20261122092959_earlier', 'none', undefined]) {
    expect(check(change, oldest)).toMatchObject([
      { severity: 'warning', message: expect.stringContaining(`lockstep complete takes away ${what}, `) as string },
    ])
  }
})

test.each([...inPlace, ...takenAway].map(([name, change]) => [name, change] as const))(
  '%s is nothing to clients that know it',
  (_, change) => {
    expect(check(change, id)).toEqual([])
    expect(check(change, '20261123000000_later')).toEqual([])
  },
)

test.each<[string, ShapeChange]>([
  ['an added field', { change: 'add', pattern, path: ['a'], default: undefined, queried: false }],
  ['an index', { change: 'index', collection: 'Shop', fields: [['a']], across: true }],
])('%s breaks nobody', (_, change) => {
  expect(check(change, 'none')).toEqual([])
})

test('the client is told apart by what its readers know', () => {
  const message = (oldest: string | undefined): string | undefined => check(convert('price'), oldest)[0]?.message
  expect(message('20261101000000_first')).toContain('whose readers end with 20261101000000_first, cannot read')
  expect(message('none')).toContain('which has no generated readers, cannot read')
  expect(message(undefined)).toContain('clients released before this migration cannot read')
})
