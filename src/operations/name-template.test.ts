import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brokenName } from './document-limits.ts'
import { parseTemplate, requireApart } from './name-template.ts'

const chats = 'Data/{uid}/chats/{phone}'

describe('parseTemplate', () => {
  it.each<[string, string, string, string]>([
    ['Data/{uid}/contacts/{phone}', chats, 'Data/u/chats/1', 'Data/u/contacts/1'],
    ['whatsapp/{uid}', 'Data/{uid}', 'Data/u', 'whatsapp/u'],
    ['contacts/{uid}_{phone}', chats, 'Data/u/chats/1', 'contacts/u_1'],
    ['phones/{phone}/users/u-{uid}!', chats, 'Data/u/chats/1', 'phones/1/users/u-u!'],
    ['Users/{uid}/private/main', 'Users/{uid}', 'Users/u', 'Users/u/private/main'],
    ['a.b/{uid}+({phone})', chats, 'Data/u/chats/1', 'a.b/u+(1)'],
    ['x/{uid}', 'Data/{uid}', 'Data/__id7__', 'x/__id7__'],
  ])('%s of %s', (text, pattern, name, target) => {
    const template = parseTemplate(text, pattern)
    expect(template.nameOf(name)).toBe(target)
    expect(template.sourceOf(target)).toBe(name)
  })

  it.each<[string, string, RegExp]>([
    ['contacts/{phone}', chats, /without \{uid\}/],
    ['contacts/{phone}_{uid}_{other}', chats, /no \{other\}/],
    ['contacts/{uid}{phone}', chats, /nothing parts/],
    ['contacts', chats, /names a collection/],
    ['{uid}/{phone}', chats, /collection id is due/],
    ['contacts/{uid', 'Data/{uid}', /half a placeholder/],
    ['contacts//{uid}', 'Data/{uid}', /empty segment/],
    ['contacts/__x__/all/{uid}', 'Data/{uid}', /cannot be an id/],
    ['contacts/{uid}/all/{uid}', 'Data/{uid}', /occurs twice/],
    ['contacts/{uid}', 'Data/{uid}/chats/{uid}', /occurs twice/],
  ])('refuses %s for %s', (text, pattern, message) => {
    expect(() => parseTemplate(text, pattern)).toThrow(expect.objectContaining({ code: 'LS-2111' }))
    expect(() => parseTemplate(text, pattern)).toThrow(message)
  })

  it('has no name for what could not be told back', () => {
    const template = parseTemplate('contacts/{uid}_{phone}', chats)
    expect(template.nameOf('Data/a_b/chats/1')).toBeUndefined()
    expect(template.troubleOf('Data/a_b/chats/1')).toBe('its new id could not be told back to the old one')
    expect(template.troubleOf('Other/a_b/chats/1')).toBeUndefined()
    expect(template.nameOf('Data/a/chats/1_2')).toBe('contacts/a_1_2')
    expect(template.sourceOf('contacts/a_1_2')).toBe('Data/a/chats/1_2')
    expect(template.nameOf('Other/a/chats/1')).toBeUndefined()
    expect(template.nameOf('Data/a/chats/1/messages/2')).toBeUndefined()
  })

  it('has no source that Firestore could not hold', () => {
    const template = parseTemplate('contacts/c-{uid}', 'Data/{uid}')
    expect(template.sourceOf('contacts/c-..')).toBeUndefined()
    expect(template.sourceOf('contacts/c-__x__')).toBeUndefined()
    expect(template.sourceOf('contacts/c-')).toBeUndefined()
    expect(template.sourceOf('contacts/d-1')).toBeUndefined()
  })

  it('has no name that Firestore could not hold', () => {
    const template = parseTemplate('contacts/{uid}_{phone}', chats)
    const long = 'x'.repeat(1_499)
    expect(template.nameOf(`Data/u/chats/${long}`)).toBeUndefined()
    expect(template.troubleOf(`Data/u/chats/${long}`)).toBe('an id would be longer than 1,500 bytes')
    expect(template.nameOf('Data/__a/chats/b__')).toBeUndefined()
    expect(template.troubleOf('Data/u/chats/1')).toBeUndefined()
    const below = parseTemplate(`${'long/er/'.repeat(10)}Data/{uid}`, 'Data/{uid}')
    expect(below.troubleOf(`Data/u/${'a/1/'.repeat(90)}b/1`)).toMatch(/100 collections/)
  })

  it('keeps what lies below', () => {
    const template = parseTemplate('all/x/whatsapp/{uid}', 'Data/{uid}')
    expect(template.nameBelow('Data/u/chats/1/messages/2')).toBe('all/x/whatsapp/u/chats/1/messages/2')
    expect(template.sourceBelow('all/x/whatsapp/u/chats/1')).toBe('Data/u/chats/1')
    expect(template.sourceBelow('all/x/whatsapp/u')).toBe('Data/u')
    expect(template.sourceBelow('all/y/whatsapp/u')).toBeUndefined()
    expect(template.sourceBelow('all/x')).toBeUndefined()
  })

  it.each([
    ['whatsapp/{uid}', 'Data/{uid}', { parent: '', collection: 'whatsapp', descendants: false }],
    ['all/x/whatsapp/u-{uid}', 'Data/{uid}', { parent: 'all/x', collection: 'whatsapp', descendants: false }],
    ['all/x/d/{uid}/contacts/{phone}', chats, { parent: 'all/x', collection: 'contacts', descendants: true }],
    ['Users/{uid}/private/main', 'Users/{uid}', { parent: '', collection: 'private', descendants: true }],
  ])('reads %s', (text, pattern, scope) => {
    expect(parseTemplate(text, pattern).scope).toEqual(scope)
  })

  it('tells every name back to one source, and every target to one name', () => {
    const id = fc.stringMatching(/^[a_\-.x{}é]{1,6}$/).filter((each) => !['.', '..'].includes(each))
    const texts = fc.constantFrom('c/{a}_{b}', 'c/{b}_{a}', 'c/_{a}-{b}_', 'c/{a}/d/x-{b}', 'c/{a}.{b}/e/f')
    fc.assert(
      fc.property(texts, id, id, id, (text, a, b, other) => {
        const template = parseTemplate(text, 'A/{a}/B/{b}')
        const name = `A/${a}/B/${b}`
        // Firestore keeps ids such as __x__ for itself: no document has one.
        fc.pre(brokenName(name) === undefined)
        const target = template.nameOf(name)
        if (target !== undefined) expect(template.sourceOf(target)).toBe(name)
        const strange = text.replace(/\{[ab]\}/, other).replace(/\{[ab]\}/, b)
        const source = template.sourceOf(strange)
        if (source !== undefined && brokenName(strange) === undefined) expect(template.nameOf(source)).toBe(strange)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('requireApart', () => {
  it('refuses counterparts among the sources, not beside or below them', () => {
    const refused = expect.objectContaining({ code: 'LS-2111' })
    expect(() => requireApart('Users/x-{uid}', 'Users/{uid}')).toThrow(refused)
    expect(() => requireApart('Data/all/chats/{uid}_{phone}', chats)).toThrow(refused)
    expect(() => requireApart('Users/{uid}/private/main', 'Users/{uid}')).not.toThrow()
    expect(() => requireApart('Data/{uid}/contacts/{phone}', chats)).not.toThrow()
  })
})
