import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Document } from '../stores/documents.ts'
import { matching, parsePattern } from './collection-pattern.ts'

describe('parsePattern', () => {
  it.each([
    ['Users/{uid}', { parent: '', collection: 'Users', descendants: false }],
    ['Config/main/Items/{id}', { parent: 'Config/main', collection: 'Items', descendants: false }],
    ['Data/{uid}/chats/{phone}', { parent: '', collection: 'chats', descendants: true }],
    ['Data/main/rooms/{room}/chats/{phone}', { parent: 'Data/main', collection: 'chats', descendants: true }],
    ['Data/{uid}/chats/main/messages/{id}', { parent: '', collection: 'messages', descendants: true }],
  ])('%s is read as %j', (text, scope) => {
    expect(parsePattern(text).scope).toEqual(scope)
  })

  it.each([
    ['Users', 'it names a collection, not its documents'],
    ['Users/{uid}/chats', 'it names a collection, not its documents'],
    ['Users/ada', 'its last segment must be a placeholder'],
    ['{collection}/{id}', '{collection} stands where a collection id is due'],
    ['Users//{uid}/x', 'it has an empty segment'],
    ['Users/{uid', '"{uid" is half a placeholder'],
    ['Users/u{id}', '"u{id}" is half a placeholder'],
    ['', 'it has an empty segment'],
  ])('refuses %j: %s', (text, why) => {
    expect(() => parsePattern(text)).toThrow(
      expect.objectContaining({ code: 'LS-2101', message: expect.stringContaining(why) }),
    )
  })
})

describe('match', () => {
  const chats = parsePattern('Data/{uid}/chats/{phone}')

  it('names the values of the placeholders', () => {
    expect(chats.match('Data/u1/chats/+49')).toEqual({ uid: 'u1', phone: '+49' })
  })

  it.each([
    'Data/u1/chats/1/chats/2',
    'Other/u1/chats/1',
    'Archive/x/Data/u1/chats/1',
    'Data/u1/messages/1',
    'data/u1/chats/1',
  ])('is no other depth, parent or spelling: %s', (name) => {
    expect(chats.match(name)).toBeUndefined()
  })

  it('finds the names made from it, whatever their ids', () => {
    const id = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !text.includes('/'))
    fc.assert(
      fc.property(id, id, (uid, phone) => {
        expect(chats.match(`Data/${uid}/chats/${phone}`)).toEqual({ uid, phone })
      }),
    )
  })

  it('leaves out of a group what is not of the pattern', async () => {
    async function* group(): AsyncGenerator<Document> {
      for (const name of ['Archive/x/chats/1', 'Data/u1/chats/1', 'Data/u1/chats/1/chats/2']) {
        yield { name, fields: {}, updateTime: '', createTime: '' }
      }
    }
    const found: string[] = []
    for await (const { name } of matching(chats, group())) found.push(name)
    expect(found).toEqual(['Data/u1/chats/1'])
  })
})
