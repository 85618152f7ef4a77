import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareIds, compareNames } from './document-names.ts'

const sign = (order: number) => Math.sign(order)

describe('compareIds', () => {
  it('orders as the bytes of UTF-8', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, (a, b) => sign(compareIds(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b))),
      { numRuns: 2_000 },
    )
    expect(compareIds('\uf8ff', '😀')).toBeLessThan(0)
  })
})

describe('compareNames', () => {
  it('orders id by id: a parent before its children, all of them before the next document', () => {
    const sorted = [
      'a/1',
      'a/1/b/1',
      'a/1/c/1',
      'a/1!',
      'a/10',
      'a/2',
      'a!/0',
      'b/__id-3__',
      'b/__id7__',
      'b/__id10__',
      'b/!',
      'b/10',
      'b/7',
    ]
    expect(sorted.toReversed().toSorted(compareNames)).toEqual(sorted)
  })

  it('orders as the ids do one by one', () => {
    const id = fc.oneof(
      fc.constantFrom('a', 'ab', 'a!', '__id7__', '__id10__', '__ida', '\uf8ff', '😀'),
      fc.string({ unit: 'binary', minLength: 1 }),
    )
    const name = fc.array(
      id.filter((each) => !each.includes('/')),
      { minLength: 1, maxLength: 4 },
    )
    const byIds = (a: readonly string[], b: readonly string[]): number => {
      const at = a.findIndex((each, index) => each !== b[index])
      if (at < 0 || at >= b.length) return a.length - b.length
      return compareNames(a[at] ?? '', b[at] ?? '')
    }
    fc.assert(
      fc.property(name, name, (a, b) => sign(compareNames(a.join('/'), b.join('/'))) === sign(byIds(a, b))),
      { numRuns: 2_000 },
    )
  })
})
