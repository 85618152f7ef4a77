import { describe, expect, it } from 'vitest'
import { ensureIndexStep } from './ensure-index.ts'
import { hasWanted, parseIndexFile, withWanted } from './index-file-text.ts'
import { parseSpec, wantedOf } from './index-spec.ts'
import type { EnsureIndexOptions, Wanted } from './index-spec.ts'
import { takeBackFile } from './take-back-file.ts'

const file = 'firestore.indexes.json'
const wanted = (group: string, options: EnsureIndexOptions): Wanted =>
  wantedOf(parseSpec(ensureIndexStep(group, options).spec))

const composite = wanted('m', { fields: ['a', ['b', 'desc']] })
const grouped = wanted('m', { fields: [['a', 'desc']], scope: 'COLLECTION_GROUP' })
const entry =
  '{"collectionGroup":"m","queryScope":"COLLECTION","fields":[{"fieldPath":"a","order":"ASCENDING"},{"fieldPath":"b","order":"DESCENDING"}]}'
const other = '{"collectionGroup":"x","queryScope":"COLLECTION","fields":[]}'

/** What was added between what was before and what was behind it. */
function added(before: string, what: Wanted): string {
  const after = withWanted(before, file, what) ?? ''
  let start = 0
  while (before[start] === after[start] && start < before.length) start++
  let end = 0
  while (before.at(-1 - end) === after.at(-1 - end) && end < before.length - start) end++
  expect(after.slice(0, start) + after.slice(after.length - end)).toBe(before)
  return after.slice(start, after.length - end)
}

describe('an entry is added as the others are written', () => {
  it.each<[string, string, string]>([
    ['on one line', `{"indexes":[${other}]}`, `,${entry}`],
    ['on one line with spaces', `{ "indexes": [ ${spaced(other)} ] }`, `, ${spaced(entry)} `.slice(0, -1)],
    ['one a line', `{\n\t"indexes": [\n\t\t${other}\n\t]\n}`, `,\n\t\t${entry}`],
    ['with comments behind the last', `{"indexes":[\n${other} // last, [ok]\n// end\n]}`, ''],
    ['in an empty list', '{"indexes":[],"fieldOverrides":[]}', entry],
    ['with Windows line ends', `{\r\n  "indexes": [\r\n    ${other}\r\n  ]\r\n}\r\n`, `,\r\n    ${entry}`],
  ])('%s', (name, before, expected) => {
    const after = withWanted(before, file, composite) ?? ''
    if (name.startsWith('with comments')) {
      expect(after).toBe(`{"indexes":[\n${other}, // last, [ok]\n// end\n${entry}\n]}`)
    } else expect(added(before, composite)).toBe(expected)
    expect(withWanted(after, file, composite)).toBe(after)
  })

  it('on a line of its own behind a comment that ends the line', () => {
    expect(withWanted(`{"indexes":[${other} // last\n]}`, file, composite)).toBe(
      `{"indexes":[${other}, // last\n${entry}\n]}`,
    )
  })

  it('over several lines, with the indentation of the file', () => {
    const before = `{\n\t"indexes": [\n\t\t{\n\t\t\t"collectionGroup": "x",\n\t\t\t"fields": []\n\t\t}\n\t]\n}\n`
    expect(added(before, composite).split('\n').slice(0, 4)).toEqual([
      ',',
      '\t\t{',
      '\t\t\t"collectionGroup": "m",',
      '\t\t\t"queryScope": "COLLECTION",',
    ])
  })

  it('and a list that is missing is made', () => {
    expect(withWanted('{}', file, composite)).toMatch(/^\{\n {2}"indexes": \[\n {4}\{\n {6}"collectionGroup": "m",/)
    expect(withWanted('{\n  "fieldOverrides": [] // none\n}', file, composite)).toMatch(
      /^\{\n {2}"fieldOverrides": \[\], \/\/ none\n {2}"indexes": \[\n {4}\{/,
    )
  })

  it('behind a byte order mark, which stays', () => {
    expect(withWanted('\uFEFF{"indexes":[]}', file, composite)).toBe(`\uFEFF{"indexes":[${entry}]}`)
  })
})

function spaced(text: string): string {
  return text
    .replace(/([{:,])/g, '$1 ')
    .replace(/\}/g, ' }')
    .replaceAll(', {', ', {')
}

describe('what is there already', () => {
  const same = (fields: string, rest = ''): string =>
    `{"indexes":[{"collectionGroup":"m","queryScope":"COLLECTION"${rest},"fields":[${fields}]}]}`
  const [a, b] = ['{"fieldPath":"a","order":"ASCENDING"}', '{"fieldPath":"b","order":"DESCENDING"}']

  it.each<[string, string, boolean]>([
    ['the same', same(`${a},${b}`), true],
    ['with the implied name', same(`${a},${b},{"fieldPath":"__name__","order":"DESCENDING"}`), true],
    ['with the name the other way', same(`${a},${b},{"fieldPath":"__name__","order":"ASCENDING"}`), false],
    ['without the order that is the default', same(`{"fieldPath":"a"},${b}`), true],
    ['with a path in needless backticks', same(`{"fieldPath":"\`a\`","order":"ASCENDING"},${b}`), true],
    ['with settings that are the default', same(`${a},${b}`, ',"apiScope":"ANY_API","density":"SPARSE_ALL"'), true],
    ['unique', same(`${a},${b}`, ',"unique":true'), false],
    ['of another density', same(`${a},${b}`, ',"density":"DENSE"'), false],
    ['in another order', same(`${b},${a}`), false],
    ['across collections', same(`${a},${b}`).replace('COLLECTION"', 'COLLECTION_GROUP"'), false],
    [
      'in the old format',
      '{"indexes":[{"collectionId":"m","fields":[{"fieldPath":"a","mode":"ASCENDING"},{"fieldPath":"b","mode":"DESCENDING"}]}]}',
      true,
    ],
  ])('%s', (_, text, there) => {
    expect(hasWanted(text, file, composite)).toBe(there)
  })

  it('is every automatic index of a field that nobody overrides', () => {
    const plain = wanted('m', { fields: ['a'] })
    expect(hasWanted(undefined, file, plain)).toBe(true)
    expect(withWanted(undefined, file, plain)).toBeUndefined()
    expect(hasWanted('{"fieldOverrides":[{"collectionGroup":"m","fieldPath":"a","indexes":[]}]}', file, plain)).toBe(
      false,
    )
    expect(hasWanted('{"fieldOverrides":[{"collectionGroup":"m","fieldPath":"*","indexes":[]}]}', file, plain)).toBe(
      false,
    )
  })

  it('a vector index differs by its dimension', () => {
    const vector = wanted('m', { fields: ['a', ['v', { vector: 768 }]] })
    const text = withWanted('{"indexes":[]}', file, vector) ?? ''
    expect(JSON.parse(text)).toEqual({
      indexes: [
        {
          collectionGroup: 'm',
          queryScope: 'COLLECTION',
          fields: [
            { fieldPath: 'a', order: 'ASCENDING' },
            { fieldPath: 'v', vectorConfig: { dimension: 768, flat: {} } },
          ],
        },
      ],
    })
    expect(hasWanted(text, file, vector)).toBe(true)
    expect(hasWanted(text.replace('768', '3072'), file, vector)).toBe(false)
  })
})

interface ParsedFile {
  readonly fieldOverrides: readonly Record<string, unknown>[]
}

const overridesOf = (text: string | undefined): ParsedFile['fieldOverrides'] =>
  (JSON.parse(text ?? '') as ParsedFile).fieldOverrides

describe('an override', () => {
  const automatic = [
    { order: 'ASCENDING', queryScope: 'COLLECTION' },
    { order: 'DESCENDING', queryScope: 'COLLECTION' },
    { arrayConfig: 'CONTAINS', queryScope: 'COLLECTION' },
  ]
  const group = { order: 'DESCENDING', queryScope: 'COLLECTION_GROUP' }

  it('keeps the automatic indexes that it replaces', () => {
    expect(overridesOf(withWanted(undefined, file, grouped))).toEqual([
      { collectionGroup: 'm', fieldPath: 'a', indexes: [...automatic, group] },
    ])
  })

  it('starts from what the collection says of all fields', () => {
    const all = { collectionGroup: 'm', fieldPath: '*', indexes: [automatic[0]] }
    const text = withWanted(JSON.stringify({ fieldOverrides: [all] }), file, grouped)
    expect(overridesOf(text)).toEqual([all, { collectionGroup: 'm', fieldPath: 'a', indexes: [automatic[0], group] }])
  })

  it('keeps its TTL, its indexes and what is not known', () => {
    const own = { collectionGroup: 'm', fieldPath: 'a', ttl: true, indexes: [automatic[2]], note: 'x' }
    const text = withWanted(JSON.stringify({ fieldOverrides: [own] }), file, grouped)
    expect(overridesOf(text)).toEqual([{ ...own, indexes: [automatic[2], group] }])
  })

  it('is cut down to exactly what is asked for', () => {
    const exact = wanted('m', { field: 'a', indexes: ['desc', ['contains', 'COLLECTION_GROUP']] })
    const own = { collectionGroup: 'm', fieldPath: 'a', ttl: true, indexes: [group, ...automatic] }
    const before = JSON.stringify({ fieldOverrides: [own] }, null, 2)
    const text = withWanted(before, file, exact)
    const contains = { arrayConfig: 'CONTAINS', queryScope: 'COLLECTION_GROUP' }
    expect(overridesOf(text)).toEqual([{ ...own, indexes: [automatic[1], contains] }])
    expect(withWanted(text, file, exact)).toBe(text)
    expect(overridesOf(takeBackFile(`${text}\n`, { before, after: text }, file, exact).text)).toEqual([
      { ...own, indexes: [automatic[1], group, automatic[0], automatic[2]] },
    ])
  })
})

describe('a malformed file', () => {
  it.each<[string, string, number, number, string]>([
    ['a bracket too few', '{\n  "indexes": [\n}', 3, 1, 'value expected'],
    ['a comma too many', '{\r\n  "indexes": [{"fields":[]},]\r\n}', 2, 29, 'value expected'],
    ['nothing', '', 1, 1, 'value expected'],
    ['a list', '[]', 1, 1, 'it is not an object'],
    ['indexes that are no list', '{ // x\n "indexes": {} }', 2, 13, '"indexes" is not a list'],
    ['an entry that is no object', '{"indexes":[1]}', 1, 13, 'an entry of "indexes" is not an object'],
    ['an entry without fields', '{"indexes":[{}]}', 1, 13, 'an entry of "indexes" lacks its list'],
    ['two lists of a name', '{"indexes":[],"indexes":[]}', 1, 15, '"indexes" is there twice'],
  ])('with %s is refused with the place', (_, text, line, column, problem) => {
    expect(() => parseIndexFile(text, file)).toThrow(
      expect.objectContaining({
        code: 'LS-2401',
        message: `${file}:${line}:${column}: ${problem}`,
        where: { file, line, column, source: text.split(/\r?\n/)[line - 1] },
      }),
    )
  })
})

describe('taking back', () => {
  const image = (before: string | undefined, what: Wanted) => ({ before, after: withWanted(before, file, what) })

  it.each<[string, string | undefined]>([
    ['without a file', undefined],
    ['an odd one', '{ "indexes"  : [ ] /* none */\n\n}'],
    ['a usual one', `{\n  "indexes": [\n    ${other}\n  ],\n  "fieldOverrides": []\n}\n`],
  ])('from a file that nobody touched leaves it as it was: %s', (_, before) => {
    for (const what of [composite, grouped]) {
      const made = image(before, what)
      expect(takeBackFile(made.after, made, file, what)).toEqual({ text: before, kept: undefined })
      expect(takeBackFile(before, made, file, what)).toEqual({ text: before, kept: undefined })
    }
  })

  it('in whatever order things were added', () => {
    const before = `{\n  "indexes": [\n    ${other} // one\n  ]\n}\n`
    const also = wanted('m', { fields: ['c', 'd'] })
    const first = image(before, composite)
    const second = image(first.after, also)
    const third = image(second.after, grouped)
    let text = third.after
    for (const [what, made] of [
      [composite, first],
      [grouped, third],
      [also, second],
    ] as const) {
      text = takeBackFile(text, made, file, what).text
    }
    expect(text).toBe(before)
  })

  it('leaves an entry that others changed, and says so', () => {
    const made = image(`{"indexes":[]}`, composite)
    const now = made.after?.replace('"queryScope":"COLLECTION"', '"queryScope":"COLLECTION","unique":true')
    expect(takeBackFile(now, made, file, composite)).toEqual({
      text: now,
      kept: 'others changed the index of m, so it stays',
    })
  })

  it('says nothing of an entry that others removed', () => {
    const made = image(`{"indexes":[]}`, composite)
    expect(takeBackFile(`{"indexes":[${other}]}`, made, file, composite).kept).toBeUndefined()
  })

  it('leaves a TTL that others gave to the override, without our index', () => {
    const made = image('{"fieldOverrides":[]}', grouped)
    const now = made.after?.replace('"fieldPath":"a"', '"fieldPath":"a","ttl":true')
    const back = takeBackFile(now, made, file, grouped)
    expect(back.kept).toBe('others changed the override of m.a, so it stays')
    expect(overridesOf(back.text)).toMatchObject([{ ttl: true, indexes: [{}, {}, {}] }])
    expect(back.text).not.toContain('COLLECTION_GROUP')
  })
})
