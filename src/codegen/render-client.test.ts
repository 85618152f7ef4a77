import { expect, test } from 'vitest'
import type { ShapeChange } from '../operations/shape-change.ts'
import { collectShapes } from './collect-shapes.ts'
import { renderClient } from './render-client.ts'

const chats = 'Whatsapp_Data/{uid}/chats/{phone}'
const first = '20260101000000_first'
const second = '20260102000000_second'
const third = '20260103000000_third'

const language: ShapeChange = {
  change: 'add',
  pattern: chats,
  path: ['settings', 'language'],
  default: { stringValue: "it's" },
  queried: false,
}
const renamed: ShapeChange = { change: 'rename', pattern: chats, path: ['settings', 'language'], to: ['language'] }
const moved: ShapeChange = {
  change: 'move',
  from: 'Whatsapp_Data/{uid}',
  to: 'whatsapp/{uid}',
  what: 'documents',
  inward: false,
}
const price: ShapeChange = {
  change: 'convert',
  pattern: 'whatsapp/{uid}/chats/{phone}',
  path: ['price'],
  to: ['price'],
  conversion: { from: 'int', to: 'double' },
  custom: true,
  marker: { path: ['v'], value: { integerValue: '2' } },
}

test('a chain goes on through a renamed collection, in the order of the migrations', () => {
  const { shapes, moves } = collectShapes([
    { id: first, changes: [language] },
    { id: second, changes: [renamed, moved] },
    { id: third, changes: [price] },
  ])
  expect(moves).toEqual([
    { migration: second, from: 'Whatsapp_Data/{uid}', to: 'whatsapp/{uid}', what: 'documents', inward: false },
  ])
  expect(
    shapes.map(({ pattern, formerly, steps }) => [pattern, formerly, steps.map(({ migration }) => migration)]),
  ).toEqual([
    ['whatsapp/{uid}', ['Whatsapp_Data/{uid}'], []],
    ['whatsapp/{uid}/chats/{phone}', [chats], [first, second, third]],
  ])
})

test('a pattern first named after the renaming was elsewhere before, too', () => {
  const { shapes } = collectShapes([
    { id: first, changes: [moved] },
    { id: third, changes: [price] },
  ])
  expect(shapes.at(-1)).toMatchObject({ formerly: [chats], moves: [{ migration: first }] })
})

test('functions that are needed twice have two names', () => {
  const computed: ShapeChange = { ...language, path: ['a'], default: undefined }
  const { shapes } = collectShapes([
    { id: first, changes: [computed] },
    { id: second, changes: [{ change: 'remove', pattern: chats, path: ['a'] }, computed] },
  ])
  expect(shapes[0]?.steps.map((step) => ('given' in step ? step.given : undefined))).toEqual([
    'a',
    undefined,
    `a of ${second}`,
  ])
})

test('the file has types, chains, converters and moves, and the same migrations give the same text', () => {
  const spread: ShapeChange = { change: 'rename', pattern: chats, path: ['items[].a'], to: ['items[].b'], spread: true }
  const migrations = [
    { id: first, changes: [language, spread] },
    { id: second, changes: [renamed, moved] },
    { id: third, changes: [price] },
  ]
  const text = renderClient(collectShapes(migrations))
  expect(renderClient(collectShapes(structuredClone(migrations)))).toBe(text)
  expect(text).toMatchInlineSnapshot(`
    "// Written by \`lockstep codegen\` from the migrations. Do not edit: write it anew after each migration.
    import { bothPaths, collectionPath, createConverter } from 'lockstep/client'
    import type { ConversionFunctions, ConverterOptions, Move, Phases, Sdk, Shape, ShapeConverter } from 'lockstep/client'

    /** Documents of Whatsapp_Data/{uid}, which are moved to whatsapp/{uid} by 20260102000000_second. */
    export const whatsappDataMove: Move = { migration: '20260102000000_second', from: 'Whatsapp_Data/{uid}', to: 'whatsapp/{uid}', what: 'documents', inward: false }

    /** What the migrations tell of documents of whatsapp/{uid}, in their newest shape. */
    export type Whatsapp = object

    export const whatsappShape: Shape = {
      pattern: 'whatsapp/{uid}',
      formerly: ['Whatsapp_Data/{uid}'],
      steps: [],
    }

    /** Reads whatsapp/{uid} in every shape, and writes those that the phases ask for. */
    export function createWhatsappConverter<Rest extends object = Record<string, unknown>>(
      phases: Phases,
      sdk: Sdk,
      options?: ConverterOptions,
    ): ShapeConverter<Whatsapp & Rest> {
      return createConverter<Whatsapp & Rest>(whatsappShape, phases, sdk, options)
    }

    /** Names of a document of whatsapp/{uid} to read, in this order, and those to write in one batch. */
    export function whatsappPaths(phases: Phases, name: string): ReturnType<typeof bothPaths> {
      return bothPaths([whatsappDataMove], phases, name)
    }

    /** The collection to query now for documents of whatsapp/{uid}. */
    export function whatsappCollection(phases: Phases, collection: string): string {
      return collectionPath([whatsappDataMove], phases, collection)
    }

    // Not read: rename items[].a to items[].b by 20260101000000_first.
    /** What the migrations tell of documents of whatsapp/{uid}/chats/{phone}, in their newest shape. */
    export interface WhatsappChats {
      readonly language: string
      readonly price?: number | null
    }

    export const whatsappChatsShape: Shape = {
      pattern: 'whatsapp/{uid}/chats/{phone}',
      formerly: ['Whatsapp_Data/{uid}/chats/{phone}'],
      steps: [
        { migration: '20260101000000_first', change: 'add', path: ['settings', 'language'], default: { stringValue: 'it\\'s' } },
        { migration: '20260102000000_second', change: 'rename', path: ['settings', 'language'], to: ['language'] },
        { migration: '20260103000000_third', change: 'convert', path: ['price'], to: ['price'], conversion: { from: 'int', to: 'double' }, given: 'price', marker: { path: ['v'], value: { integerValue: '2' } } },
      ],
    }

    /** Functions of the migrations that reading and writing WhatsappChats need. */
    export interface WhatsappChatsOptions extends ConverterOptions {
      readonly functions: {
        readonly conversions: {
          readonly price: ConversionFunctions<'int', 'double'>
        }
      }
    }

    /** Reads whatsapp/{uid}/chats/{phone} in every shape, and writes those that the phases ask for. */
    export function createWhatsappChatsConverter<Rest extends object = Record<string, unknown>>(
      phases: Phases,
      sdk: Sdk,
      options: WhatsappChatsOptions,
    ): ShapeConverter<WhatsappChats & Rest> {
      return createConverter<WhatsappChats & Rest>(whatsappChatsShape, phases, sdk, options)
    }

    /** Names of a document of whatsapp/{uid}/chats/{phone} to read, in this order, and those to write in one batch. */
    export function whatsappChatsPaths(phases: Phases, name: string): ReturnType<typeof bothPaths> {
      return bothPaths([whatsappDataMove], phases, name)
    }

    /** The collection to query now for documents of whatsapp/{uid}/chats/{phone}. */
    export function whatsappChatsCollection(phases: Phases, collection: string): string {
      return collectionPath([whatsappDataMove], phases, collection)
    }
    "
  `)
})

test('without a change of documents there is an empty module', () => {
  expect(renderClient(collectShapes([{ id: first, changes: [] }]))).toMatch(/^\/\/ Written by .*\n\nexport \{\}\n$/)
})

test('two patterns that read alike get two names', () => {
  const of = (pattern: string): ShapeChange => ({ change: 'remove', pattern, path: ['a'] })
  const text = renderClient(collectShapes([{ id: first, changes: [of('a_b/{x}'), of('a/{x}/b/{y}')] }]))
  expect(text).toContain('export const aBShape')
  expect(text).toContain('export const aB2Shape')
})
