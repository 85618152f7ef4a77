import { expect, it } from 'vitest'
import type { Document, FieldPath, Fields } from '../stores/documents.ts'
import type { DocumentImage } from './document-hands.ts'
import { unitsOfPage } from './relocation.ts'
import type { Relocation } from './relocation.ts'

const scope = { parent: '', collection: 'Users', descendants: false }
const copied: readonly FieldPath[] = [['notes']]
const folding: Relocation = {
  hosts: { scope, matches: (name) => name === 'Users/a', fields: undefined, copied },
  satellites: { scope, hostOf: () => 'Users/a', namesIn: () => [] },
  direction: 'in',
  pairs: () => [],
}
const ours: DocumentImage = { name: 'Users/a', unit: 'Users/a', version: '1', before: [], after: [], made: [] }

/** The fields of the host that are read for one document below it. */
async function readOfHost(
  copies: boolean,
  images: readonly DocumentImage[],
): Promise<readonly FieldPath[] | undefined> {
  const asked: (readonly FieldPath[] | undefined)[] = []
  const documents = {
    get: async (names: readonly string[], fields?: readonly FieldPath[]) => {
      asked.push(fields)
      return names.map((name) => documentOf(name, {}))
    },
  }
  const page = [documentOf('Users/a/notes/x', { text: { stringValue: 'x' } })]
  const [unit] = await unitsOfPage(folding, 'from', page, {
    documents,
    images: async () => new Map([['Users/a', images]]),
    copies,
  })
  expect([...(unit?.documents.keys() ?? [])]).toEqual(['Users/a/notes/x', 'Users/a'])
  expect(asked).toHaveLength(1)
  return asked[0]
}

function documentOf(name: string, fields: Fields): Document {
  return { name, fields, updateTime: '1', createTime: '1' }
}

it('reads of a host no more than the first copy sees of it, but all where something of ours may have to go', async () => {
  expect(await readOfHost(true, [])).toEqual(copied)
  expect(await readOfHost(true, [ours])).toBeUndefined()
  expect(await readOfHost(false, [])).toBeUndefined()
})
