import { expect, test } from 'vitest'
import type { ShapeChange } from '../../../operations/shape-change.ts'
import { noIndexSettings, parseIndexSettings } from '../../../operations/index-settings.ts'
import type { IndexSettings } from '../../../operations/index-settings.ts'
import type { LintedMigration, RuleFinding } from '../rule.ts'
import { queriedFieldWithoutIndex } from './queried-field-without-index.ts'

interface Beside {
  readonly before?: readonly ShapeChange[]
  readonly after?: readonly ShapeChange[]
  readonly earlier?: readonly LintedMigration[]
  readonly indexes?: IndexSettings
}

function check(
  change: ShapeChange,
  { before = [], after = [], earlier = [], indexes }: Beside = {},
): readonly RuleFinding[] {
  const steps = [{ changes: before }, { changes: [change] }, { changes: after }]
  return queriedFieldWithoutIndex.check({
    migration: { id: '20261122093000_x', steps },
    earlier,
    facts: { oldestReaders: undefined, indexes: indexes ?? noIndexSettings },
  })
}

const pattern = 'Whatsapp_Data/{uid}/chats/{phone}'
const add = (path: readonly string[], queried = true, of = pattern): ShapeChange => ({
  change: 'add',
  pattern: of,
  path,
  default: { stringValue: 'en' },
  queried,
})
const index = (more: object = {}): ShapeChange => ({
  change: 'index',
  collection: 'chats',
  fields: [['unread'], ['language']],
  across: true,
  ...more,
})
const language = add(['language'])

test('a queried field of a collection group without any index is a warning with the entry to add', () => {
  const [found, ...more] = check(add(['settings', 'tone']))
  expect(more).toEqual([])
  expect(found).toMatchObject({
    severity: 'warning',
    step: 1,
    message: 'queries across all "chats" collections by settings.tone need a collection-group index',
  })
  expect(JSON.parse(/\{.*\}$/.exec(found?.fix ?? '')?.[0] ?? '')).toMatchObject({
    collectionGroup: 'chats',
    fieldPath: 'settings.tone',
    indexes: [{}, {}, { order: 'ASCENDING', queryScope: 'COLLECTION_GROUP' }],
  })
})

test('a field that is not queried, or of one collection alone, needs none', () => {
  expect(check(add(['language'], false))).toEqual([])
  expect(check(add(['language'], true, 'Users/{uid}'))).toEqual([])
})

test('a field converted beside needs one for its new name, one converted in place has what it had', () => {
  const convert = {
    change: 'convert',
    pattern,
    path: ['date'],
    conversion: { from: 'string', to: 'timestamp' },
    custom: false,
    queried: true,
  } as const
  expect(check({ ...convert, to: ['at'] })[0]?.message).toContain('by at need')
  expect(check({ ...convert, to: ['date'] })).toEqual([])
  expect(check({ ...convert, to: ['at'], queried: false })).toEqual([])
})

test('a step of this or an earlier migration that ensures it is enough', () => {
  expect(check(language, { before: [index()] })).toEqual([])
  expect(check(language, { after: [index()] })).toEqual([])
  expect(check(language, { earlier: [{ id: '20261101000000_a', steps: [{ changes: [index()] }] }] })).toEqual([])
})

test.each([
  ['of another collection', { collection: 'messages' }],
  ['of other fields', { fields: [['unread']] }],
  ['of each collection by itself', { across: false }],
])('an index %s is not', (_, more) => {
  expect(check(language, { after: [index(more)] })).toHaveLength(1)
})

const settings = (value: object): IndexSettings => parseIndexSettings(JSON.stringify(value), 'firestore.indexes.json')
const override = (fieldPath: string, queryScope: string): object => ({
  fieldOverrides: [{ collectionGroup: 'chats', fieldPath, indexes: [{ order: 'ASCENDING', queryScope }] }],
})

test.each([
  ['for the field', override('language', 'COLLECTION_GROUP')],
  ['for every field', override('*', 'COLLECTION_GROUP')],
  [
    'in a composite index',
    {
      indexes: [
        {
          collectionGroup: 'chats',
          queryScope: 'COLLECTION_GROUP',
          fields: [
            { fieldPath: 'language', order: 'ASCENDING' },
            { fieldPath: '__name__', order: 'ASCENDING' },
          ],
        },
      ],
    },
  ],
])('an entry of firestore.indexes.json %s is enough', (_, file) => {
  expect(check(language, { indexes: settings(file) })).toEqual([])
})

test('an entry for each collection by itself is not', () => {
  expect(check(language, { indexes: settings(override('language', 'COLLECTION')) })).toHaveLength(1)
})
