import { describe, expect, it } from 'vitest'
import type { Value } from '../stores/documents.ts'
import { createHotFields } from './hot-fields.ts'

const int = (n: number): Value => ({ integerValue: String(n) })

function seen(valueOf: (n: number) => Value | undefined, count = 100): readonly string[] {
  const hot = createHotFields()
  for (let n = 0; n < count; n++) {
    const value = valueOf(n)
    hot.note(`Users/u/chats/${String(n).padStart(5, '0')}`, value === undefined ? {} : { f: value })
  }
  return hot.found().map(({ collection, path, values }) => `${collection} ${path.join('.')} ${values}`)
}

describe('fields whose index entries lie side by side', () => {
  it.each<[string, (n: number) => Value]>([
    ['numbers that rise', (n) => int(n * 3 - 50)],
    ['numbers that fall', (n) => ({ doubleValue: -n / 3 })],
    ['times, with fractions of a second and without', (n) => ({ timestampValue: time(n) })],
    ['texts', (n) => ({ stringValue: String(n).padStart(5, '0') })],
  ])('are %s', (_, valueOf) => {
    expect(seen(valueOf)).toEqual(['chats f rising values'])
    expect(seen(valueOf, 99)).toEqual([])
  })

  it('are those of one value, in maps too', () => {
    expect(seen(() => ({ mapValue: { fields: { v: int(2) } } }))).toEqual(['chats f.v one value'])
  })

  it.each<[string, (n: number) => Value | undefined]>([
    ['values in no order', (n) => int((n * 7) % 31)],
    ['a value that comes twice among those that rise', (n) => int(n === 60 ? 59 : n)],
    ['values of two types', (n) => (n % 2 === 0 ? int(n) : { doubleValue: n })],
    ['lists', () => ({ arrayValue: { values: [int(1)] } })],
    ['what few documents get', (n) => (n % 3 === 0 ? int(n) : undefined)],
    ['numbers that are none', () => ({ doubleValue: 'NaN' })],
  ])('are not %s', (_, valueOf) => {
    expect(seen(valueOf)).toEqual([])
  })

  it('are not watched without end', () => {
    const hot = createHotFields()
    for (let n = 0; n < 100; n++)
      hot.note(`c/${n}`, Object.fromEntries(Array.from({ length: 300 }, (_, key) => [`k${key}`, int(n)])))
    expect(hot.found()).toHaveLength(200)
  })
})

/** Half a second apart, as Firestore writes them. */
function time(n: number): string {
  return new Date(1_760_000_000_000 + n * 500).toISOString().replace('.000', '')
}
