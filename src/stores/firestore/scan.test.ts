import { describe, expect, it } from 'vitest'
import { fakeConnection, fakeRoot as root, fakeStream, grpcError } from '../../../test/stores/fake-connection.ts'
import type { CollectionScope, NameRange } from '../documents.ts'
import type { Connection } from './connection.ts'
import type { RawQuery } from './protocol.ts'
import { scanDocuments } from './scan.ts'

const scope: CollectionScope = { parent: '', collection: 'c', descendants: false }
const time = { seconds: '1', nanos: 0 }
const row = (id: number) => ({
  document: { name: `${root}/c/${idOf(id)}`, fields: {}, createTime: time, updateTime: time },
})
const idOf = (id: number) => String(id).padStart(5, '0')

interface Fake {
  readonly connection: Connection
  readonly queries: RawQuery[]
  pulled(): number
  cancelled(): number
}

/** A server of which each query gives the next of these answers: rows and at last perhaps an error. */
function fakeServer(answers: readonly (readonly (object | Error)[])[]): Fake {
  const queries: RawQuery[] = []
  let pulled = 0
  let cancelled = 0
  const connection = fakeConnection({
    runQuery: ({ structuredQuery }) => {
      queries.push(structuredQuery)
      return fakeStream(answers[queries.length - 1] ?? [], {
        onPull: () => {
          pulled++
        },
        onCancel: () => {
          cancelled++
        },
      })
    },
  })
  return { connection, queries, pulled: () => pulled, cancelled: () => cancelled }
}

async function scanAll(fake: Fake, range: NameRange = {}, limit = 5): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { name } of scanDocuments(fake.connection, { scope, range, options: {}, limit })) names.push(name)
  return names
}

const namesUpTo = (count: number) => Array.from({ length: count }, (_, i) => `c/${idOf(i)}`)
const cursorsOf = (fake: Fake) =>
  fake.queries.map((query) => query.startAt?.values?.[0]?.referenceValue?.slice(root.length + 1))

describe('scanDocuments', () => {
  it('asks again after the last name until a query gives fewer than its limit', async () => {
    const fake = fakeServer([[0, 1, 2, 3, 4].map(row), [5, 6].map(row)])
    expect(await scanAll(fake)).toEqual(namesUpTo(7))
    expect(cursorsOf(fake)).toEqual([undefined, 'c/00004'])
    expect(fake.queries.every((query) => query.limit?.value === 5)).toBe(true)
  })

  it.each([14, 4, 13, 8, 10, 2])('takes up a stream broken with code %i after the last name it gave', async (code) => {
    const fake = fakeServer([[row(0), row(1), grpcError(code)], [row(2), grpcError(code)], [row(3)]])
    expect(await scanAll(fake)).toEqual(namesUpTo(4))
    expect(cursorsOf(fake)).toEqual([undefined, 'c/00001', 'c/00002'])
  })

  it('keeps the beginning of the range when nothing came before the break', async () => {
    const fake = fakeServer([[grpcError(14)], [row(7)]])
    expect(await scanAll(fake, { after: 'c/00006' })).toEqual(['c/00007'])
    expect(cursorsOf(fake)).toEqual(['c/00006', 'c/00006'])
  })

  it('gives a document once though the server gives it twice, and takes more rows than it asked for', async () => {
    const fake = fakeServer([[0, 1, 1, 0, 2, 3, 4, 5].map(row), [4, 5, 6].map(row)])
    expect(await scanAll(fake)).toEqual(namesUpTo(7))
  })

  it.each([
    [7, 'LS-3004'],
    [3, 'LS-3004'],
    [16, 'LS-3004'],
  ])('fails at once for code %i', async (code, expected) => {
    const fake = fakeServer([[row(0), grpcError(code)]])
    await expect(scanAll(fake)).rejects.toMatchObject({ code: expected })
    expect(fake.queries.length).toBe(1)
  })

  it('passes messages without a document', async () => {
    const fake = fakeServer([[{ document: null, readTime: time }, row(0), { skippedResults: 0 }]])
    expect(await scanAll(fake)).toEqual(namesUpTo(1))
  })

  it('reads little ahead of a consumer that waits, and cancels when it stops', async () => {
    const fake = fakeServer([Array.from({ length: 5_000 }, (_, i) => row(i))])
    for await (const { name } of scanDocuments(fake.connection, { scope, range: {}, options: {}, limit: 5_000 })) {
      if (name !== 'c/00002') continue
      for (let turn = 0; turn < 2_000; turn++) await new Promise((resolve) => setImmediate(resolve))
      break
    }
    await new Promise((resolve) => setImmediate(resolve))
    expect(fake.pulled()).toBeLessThan(1_000)
    expect(fake.cancelled()).toBe(1)
  })

  it('never cancels a stream that has ended', async () => {
    const fake = fakeServer([[row(0)]])
    await scanAll(fake)
    await new Promise((resolve) => setImmediate(resolve))
    expect(fake.cancelled()).toBe(0)
  })

  it('a bound below the depth of a plain collection stands behind the document above it', async () => {
    const fake = fakeServer([[]])
    await scanAll(fake, { after: 'c/00001/-/-', before: 'c/00003/-/-' })
    const at = (id: number) => ({ values: [{ referenceValue: `${root}/c/${idOf(id)}` }], before: false })
    expect(fake.queries[0]).toMatchObject({ startAt: at(1), endAt: at(3) })
  })
})
