import { expect, test } from 'vitest'
import type { FieldType } from '../../../operations/conversions/conversion.ts'
import type { ShapeChange } from '../../../operations/shape-change.ts'
import { parseIndexSettings } from '../../../operations/index-settings.ts'
import { ttlConversion } from './ttl-conversion.ts'

const pattern = 'Whatsapp_Data/{uid}/chats/{phone}'
const settings = parseIndexSettings(
  JSON.stringify({
    fieldOverrides: [
      { collectionGroup: 'chats', fieldPath: 'expiresAt', ttl: true, indexes: [] },
      { collectionGroup: 'chats', fieldPath: 'seenAt', ttl: false, indexes: [] },
      { collectionGroup: 'chats', fieldPath: 'meta.`gone-at`', ttl: true },
      { collectionGroup: 'messages', fieldPath: 'date', ttl: true },
    ],
  }),
  'firestore.indexes.json',
)

function severities(...changes: readonly ShapeChange[]): readonly string[] {
  return ttlConversion
    .check({
      migration: { id: '20261122093000_x', steps: [{ changes }] },
      earlier: [],
      facts: { oldestReaders: undefined, indexes: settings },
    })
    .map(({ severity }) => severity)
}

const convert = (path: readonly string[], to: readonly string[], target: FieldType = 'timestamp'): ShapeChange => ({
  change: 'convert',
  pattern,
  path,
  to,
  conversion: { from: 'string', to: target },
  custom: false,
})

test.each<[string, ShapeChange]>([
  ['in place', convert(['expiresAt'], ['expiresAt'])],
  ['to the field', convert(['expires'], ['expiresAt'])],
  ['to a nested field', convert(['x'], ['meta', 'gone-at'])],
])('a conversion to timestamps %s is an error', (_, change) => {
  expect(severities(change)).toEqual(['error'])
})

test.each<[string, ShapeChange]>([
  ['to another type', convert(['expiresAt'], ['expiresAt'], 'int')],
  ['from the field to one without', convert(['expiresAt'], ['endsAt'])],
  ['to one whose time to live is off', convert(['seenAt'], ['seenAt'])],
  ['to one that has it in another collection', convert(['date'], ['date'])],
])('a conversion %s is none', (_, change) => {
  expect(severities(change)).toEqual([])
})

const add = (timestampValue: string): ShapeChange => ({
  change: 'add',
  pattern,
  path: ['expiresAt'],
  default: { timestampValue },
  queried: false,
})

test('a default that has passed when the migration was written is an error, a later one is not', () => {
  expect(severities(add('2026-11-22T09:30:00Z'))).toEqual(['error'])
  expect(severities(add('1970-01-01T00:00:00Z'))).toEqual(['error'])
  expect(severities(add('2026-11-22T09:30:00.001Z'))).toEqual([])
})

test('no default, and one that is no timestamp, cannot expire', () => {
  const rest = { change: 'add', pattern, path: ['expiresAt'], queried: false } as const
  expect(severities({ ...rest, default: undefined })).toEqual([])
  expect(severities({ ...rest, default: { stringValue: '1970-01-01T00:00:00Z' } })).toEqual([])
})

test('a field renamed to one with a time to live is a warning', () => {
  expect(severities({ change: 'rename', pattern, path: ['end'], to: ['expiresAt'] })).toEqual(['warning'])
  expect(severities({ change: 'rename', pattern, path: ['expiresAt'], to: ['end'] })).toEqual([])
})

const move = (over: Partial<Extract<ShapeChange, { change: 'move' }>>): ShapeChange => ({
  change: 'move',
  from: 'Old/{uid}/talks/{phone}',
  to: pattern,
  what: 'documents',
  inward: false,
  ...over,
})

test.each<[string, ShapeChange]>([
  ['documents', move({})],
  ['entries that become documents', move({ what: 'entries', from: 'Whatsapp_Data/{uid}', path: ['chats'] })],
  ['a field', move({ what: 'fields', fields: [['expiresAt']] })],
  [
    'a field under another name',
    move({ what: 'fields', fields: [['end']], named: [['meta', 'gone-at']], inward: true }),
  ],
])('%s moved under a time to live are a warning', (_, change) => {
  expect(severities(change)).toEqual(['warning'])
})

test.each<[string, ShapeChange]>([
  ['documents that were under it before', move({ from: 'Old/{uid}/chats/{phone}' })],
  ['documents that become entries', move({ what: 'entries', inward: true, path: ['all'] })],
  ['documents that become one field', move({ inward: true, path: ['contact'] })],
  ['fields that do not expire', move({ what: 'fields', fields: [['expiresAt']], named: [['end']] })],
  ['what goes to another collection', move({ to: 'Users/{uid}' })],
])('%s are none', (_, change) => {
  expect(severities(change)).toEqual([])
})

test('it names the field, its collection, and the way out', () => {
  const [found] = ttlConversion.check({
    migration: { id: '20261122093000_x', steps: [{ changes: [] }, { changes: [convert(['x'], ['expiresAt'])] }] },
    earlier: [],
    facts: { oldestReaders: undefined, indexes: settings },
  })
  expect(found).toMatchObject({
    step: 1,
    message: `expiresAt of ${pattern} becomes a timestamp, and firestore.indexes.json gives it a time to live`,
    fix: expect.stringContaining('"ttl": true from expiresAt of "chats"') as string,
  })
})
