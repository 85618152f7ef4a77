import { describe, expect, it } from 'vitest'
import { fakeConnection, fakeRoot as root, fakeStream, grpcError } from '../../../test/stores/fake-connection.ts'
import type { CollectionScope, FieldPath, NameRange } from '../documents.ts'
import { countDocuments } from './count.ts'
import type { RawQuery } from './protocol.ts'
import { scanDocuments } from './scan.ts'
import { clipToSubtree } from './subtree.ts'

const scope: CollectionScope = { parent: 'p/1', collection: 'c', descendants: false, subtree: true }
const time = { seconds: '1', nanos: 0 }
const least = '__id-9223372036854775808__'
const row = (name: string) => ({
  document: { name: `${root}/p/1/c/${name}`, fields: {}, createTime: time, updateTime: time },
})
const at = (name: string, before: boolean) => ({ values: [{ referenceValue: `${root}/p/1/c/${name}` }], before })

/** A server that refuses to count with the given code, and of which each query gives the next of these answers. */
function server(answers: readonly (readonly (object | Error)[])[], refusal = 3) {
  const asked: { readonly parent: string; readonly structuredQuery: RawQuery }[] = []
  const connection = fakeConnection({
    runQuery: (request) => fakeStream(answers[asked.push(request) - 1] ?? []),
    runAggregationQuery: () => fakeStream([grpcError(refusal)]),
  })
  const scan = async (range: NameRange = {}, limit = 3) => {
    const names: string[] = []
    for await (const { name } of scanDocuments(connection, { scope, range, options: {}, limit })) names.push(name)
    return names
  }
  return { connection, asked, scan }
}

describe('a scan of a subtree', () => {
  it('asks below the parent for all collections, between the least names of this one and of the next', async () => {
    const { asked, scan } = server([])
    await scan()
    const bound = (op: string, name: string) => ({
      fieldFilter: { field: { fieldPath: '__name__' }, op, value: { referenceValue: `${root}/p/1/${name}` } },
    })
    const filters = [bound('GREATER_THAN_OR_EQUAL', `c/${least}`), bound('LESS_THAN', `c\u0000/${least}`)]
    expect(asked).toEqual([
      {
        parent: `${root}/p/1`,
        structuredQuery: {
          from: [{ allDescendants: true }],
          where: { compositeFilter: { op: 'AND', filters } },
          orderBy: [{ field: { fieldPath: '__name__' }, direction: 'ASCENDING' }],
          limit: { value: 3 },
        },
      },
    ])
  })

  it('goes on after the last name of any depth, after a full answer and after a break', async () => {
    const { asked, scan } = server([
      [row('1'), row('1/m/1'), row('1/m/1/n/1')],
      [row('2/x/1'), grpcError(14)],
      [row('3')],
    ])
    expect(await scan({ before: 'p/1/c/9/x/1' })).toEqual(
      ['1', '1/m/1', '1/m/1/n/1', '2/x/1', '3'].map((name) => `p/1/c/${name}`),
    )
    expect(asked.map(({ structuredQuery: { startAt, endAt } }) => ({ startAt, endAt }))).toEqual(
      [undefined, at('1/m/1/n/1', false), at('2/x/1', false)].map((startAt) => ({ startAt, endAt: at('9/x/1', true) })),
    )
  })

  it('a slash at the end of a name is the place just behind its document', async () => {
    const { asked, scan } = server([])
    await scan({ after: 'p/1/c/1/m/1/', before: 'p/1/c/2/' })
    expect(asked[0]?.structuredQuery).toMatchObject({ startAt: at('1/m/1', false), endAt: at('2', false) })
  })

  it('asks nothing for a range that lies outside', async () => {
    const { asked, scan } = server([[row('1')]])
    for (const range of [{ after: 'p/1/c!/1' }, { before: 'p/1/b/1' }, { before: 'p/1' }, { after: 'p/2' }]) {
      expect(await scan(range)).toEqual([])
    }
    expect(asked).toEqual([])
  })
})

describe('clipToSubtree', () => {
  it('opens the ends that lie outside, and keeps those inside', () => {
    expect(clipToSubtree(scope, { after: 'p/1', before: 'p/2' })).toEqual({})
    expect(clipToSubtree(scope, { after: 'a/1', before: `p/1/c\u0000/${least}` })).toEqual({})
    const range = { after: `p/1/c/${least}`, before: 'p/1/c/1/x/y' }
    expect(clipToSubtree(scope, range)).toEqual(range)
    expect(clipToSubtree(scope, { after: `p/1/c\u0000/${least}` })).toBeUndefined()
    expect(clipToSubtree(scope, { before: `p/1/c/${least}` })).toBeUndefined()
  })
})

describe('a count of a subtree', () => {
  it.each([3, 9, 12])('reads the names where the server refuses to count with code %i', async (code) => {
    const { connection, asked } = server([[row('1'), row('1/m/1')]], code)
    expect(await countDocuments(connection, scope)).toBe(2)
    expect(asked[0]?.structuredQuery).toMatchObject({ select: { fields: [{ fieldPath: '__name__' }] } })
  })

  it('looks for the field itself, at its depth', async () => {
    const empty = { mapValue: { fields: {} }, valueType: 'mapValue' }
    const full = {
      mapValue: { fields: { in: { nullValue: 'NULL_VALUE', valueType: 'nullValue' } } },
      valueType: 'mapValue',
    }
    const flat = { stringValue: 'in', valueType: 'stringValue' }
    const found = [empty, full, flat].map((m, i) => ({ document: { ...row(String(i)).document, fields: { m } } }))
    const count = async (having: FieldPath) => countDocuments(server([found]).connection, scope, having)
    expect(await count(['m', 'in'])).toBe(1)
    expect(await count(['m'])).toBe(3)
    expect(await count(['in'])).toBe(0)
  })

  it('does not take other failures for that', async () => {
    const { connection, asked } = server([[row('1')]], 7)
    await expect(countDocuments(connection, scope)).rejects.toMatchObject({ code: 'LS-3004' })
    expect(asked).toEqual([])
  })

  it('other scopes are never read to be counted', async () => {
    const { connection, asked } = server([[row('1')]])
    await expect(countDocuments(connection, { ...scope, subtree: false })).rejects.toMatchObject({ code: 'LS-3004' })
    expect(asked).toEqual([])
  })
})
