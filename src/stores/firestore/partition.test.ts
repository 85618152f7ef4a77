import { describe, expect, it } from 'vitest'
import { fakeConnection, fakeRoot, grpcError } from '../../../test/stores/fake-connection.ts'
import type { CollectionScope } from '../documents.ts'
import { partitionScope } from './partition.ts'

const group: CollectionScope = { parent: '', collection: 'c', descendants: true }

/** A server with PartitionQuery that has these boundaries, in this order, whatever it is asked for. */
function server(boundaries: readonly string[]) {
  const asked: {
    readonly parent: string
    readonly partitionCount: number
    readonly allDescendants: boolean | undefined
  }[] = []
  const connection = fakeConnection({
    partitionQuery: async ({ parent, partitionCount, structuredQuery }) => {
      asked.push({ parent, partitionCount, allDescendants: structuredQuery.from[0]?.allDescendants })
      return [boundaries.map((name) => ({ values: [{ referenceValue: `${fakeRoot}/${name}` }] }))]
    },
  })
  return { connection, asked }
}

describe('partitionScope', () => {
  it('sorts the boundaries of the server and asks at the root for the whole group', async () => {
    const { connection, asked } = server(['b/2/c/1', 'a/1/c/5', 'b/10/c/3'])
    expect(await partitionScope(connection, group, 4)).toEqual([
      { before: 'a/1/c/5/-/-' },
      { after: 'a/1/c/5/-/-', before: 'b/10/c/3/-/-' },
      { after: 'b/10/c/3/-/-', before: 'b/2/c/1/-/-' },
      { after: 'b/2/c/1/-/-' },
    ])
    expect(asked).toEqual([{ parent: fakeRoot, partitionCount: 3, allDescendants: true }])
  })

  it('takes from the group only what lies in a part of it, and asks for more then', async () => {
    const names = ['a/1/c/5', 'b/2/c/1', 'b/2/c/3', 'b/2/d/1/c/4', 'b/20/c/1', 'c/x', 'b/2/c/3/c/9']
    const below = server(names)
    expect(
      (await partitionScope(below.connection, { ...group, parent: 'b/2' }, 9)).flatMap(({ before }) => before ?? []),
    ).toEqual(['b/2/c/1/-/-', 'b/2/c/3/-/-', 'b/2/c/3/c/9/-/-', 'b/2/d/1/c/4/-/-'])
    expect(below.asked[0]?.partitionCount).toBeGreaterThan(100)
    const plain = server(names)
    expect(await partitionScope(plain.connection, { parent: 'b/2', collection: 'c', descendants: false }, 9)).toEqual([
      { before: 'b/2/c/1/-/-' },
      { after: 'b/2/c/1/-/-', before: 'b/2/c/3/-/-' },
      { after: 'b/2/c/3/-/-' },
    ])
    expect(plain.asked[0]).toMatchObject({ parent: fakeRoot, allDescendants: true })
  })

  it('never gives more ranges than asked for', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `c/${String(i).padStart(3, '0')}`)
    const ranges = await partitionScope(
      server(names).connection,
      { parent: '', collection: 'c', descendants: false },
      4,
    )
    expect(ranges.map((range) => range.before)).toEqual(['c/050/-/-', 'c/100/-/-', 'c/150/-/-', undefined])
  })

  it('one range needs no request, and a group without boundaries is one range', async () => {
    expect(await partitionScope(fakeConnection({}), group, 1)).toEqual([{}])
    expect(await partitionScope(server([]).connection, group, 4)).toEqual([{}])
  })

  it('parts meet outside a collection that is itself called -', async () => {
    expect((await partitionScope(server(['-/a']).connection, { ...group, collection: '-' }, 2))[0]).toEqual({
      before: '-/a/+/+',
    })
  })

  it('is one range where the server has no PartitionQuery', async () => {
    const connection = fakeConnection({
      partitionQuery: async () => {
        throw grpcError(12)
      },
    })
    expect(await partitionScope(connection, group, 4)).toEqual([{}])
  })

  it('cuts a subtree behind documents of its collection, before what is below them', async () => {
    const { connection, asked } = server(['c/1', 'c/2/c/1', 'd/1/c/2'])
    const subtree: CollectionScope = { parent: '', collection: 'c', descendants: false, subtree: true }
    expect(await partitionScope(connection, subtree, 9)).toEqual([
      { before: 'c/1/' },
      { after: 'c/1/', before: 'c/2/' },
      { after: 'c/2/' },
    ])
    expect(asked[0]).toMatchObject({ parent: fakeRoot, allDescendants: true })
  })

  it('other failures are not taken for a missing PartitionQuery', async () => {
    const connection = fakeConnection({
      partitionQuery: async () => {
        throw grpcError(7, 'denied')
      },
    })
    await expect(partitionScope(connection, group, 4)).rejects.toMatchObject({
      code: 'LS-3004',
      why: 'PERMISSION_DENIED: denied',
    })
  })
})
