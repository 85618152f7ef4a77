import { describe, expect, it } from 'vitest'
import { fakeConnection, grpcError } from '../../../test/stores/fake-connection.ts'
import type { DocumentWrite } from '../documents.ts'
import type { RawWrite } from './protocol.ts'
import { commitDocuments, writeDocuments } from './write.ts'

/** The matcher, without the `any` it is declared as. */
const containing = (text: string): unknown => expect.stringContaining(text)

const put = (name: string, size = 0): DocumentWrite => ({
  op: 'put',
  name,
  fields: { v: { stringValue: 'x'.repeat(size) } },
  expect: 'any',
})
const puts = (count: number, size = 0) => Array.from({ length: count }, (_, i) => put(`c/${i}`, size))
const updateTime = { seconds: '1', nanos: 1000 }
const nameOf = (write: RawWrite) => write.update?.name.split('/').slice(-2).join('/') ?? ''

/** A server that judges each request; it answers with status 0 for each write unless told otherwise. */
function server(
  judge: (writes: readonly RawWrite[]) => readonly number[] | Error | undefined = () => undefined,
  emulator?: string,
) {
  const requests: (readonly RawWrite[])[] = []
  let inFlight = 0
  let mostInFlight = 0
  const connection = {
    ...fakeConnection({
      batchWrite: async ({ writes }) => {
        requests.push(writes)
        mostInFlight = Math.max(mostInFlight, ++inFlight)
        await new Promise((resolve) => setImmediate(resolve))
        inFlight--
        const verdict = judge(writes)
        if (verdict instanceof Error) throw verdict
        return [
          {
            status: writes.map((_, i) => ({ code: verdict?.[i] ?? 0, message: 'said' })),
            writeResults: writes.map((_, i) => (verdict?.[i] ? {} : { updateTime })),
          },
        ]
      },
      commit: async ({ writes }) => {
        requests.push(writes)
        const verdict = judge(writes)
        if (verdict instanceof Error) throw verdict
        return [{ writeResults: writes.map(() => ({ updateTime })) }]
      },
    }),
    target: { project: 'p', database: '(default)', emulator },
  }
  return { connection, requests, mostInFlight: () => mostInFlight }
}

describe('writeDocuments', () => {
  it.each([
    [5, 'conflict'],
    [6, 'conflict'],
    [9, 'conflict'],
    [10, 'transient'],
    [14, 'transient'],
    [4, 'transient'],
    [13, 'transient'],
    [8, 'throttled'],
    [3, 'refused'],
    [7, 'refused'],
    [11, 'refused'],
    [16, 'refused'],
    [99, 'refused'],
  ])('calls status %i of one write %s', async (code, kind) => {
    const { connection } = server(() => [0, code, 0])
    const [before, failed, after] = await writeDocuments(connection, puts(3))
    expect(failed).toMatchObject({ ok: false, kind, message: 'said' })
    expect([before, after]).toEqual([
      { ok: true, updateTime: '1970-01-01T00:00:01.000001Z' },
      { ok: true, updateTime: '1970-01-01T00:00:01.000001Z' },
    ])
  })

  it('sends 500 at most, four requests at a time', async () => {
    const { connection, requests, mostInFlight } = server()
    const results = await writeDocuments(connection, puts(3_100))
    expect(results.length).toBe(3_100)
    expect(requests.map((writes) => writes.length)).toEqual([500, 500, 500, 500, 500, 500, 100])
    expect(mostInFlight()).toBe(4)
  })

  it.each([
    [undefined, 9],
    [`fake:1`, 3],
  ])('keeps requests below the size the server takes (emulator: %s)', async (emulator, perRequest) => {
    const { connection, requests } = server(() => undefined, emulator)
    await writeDocuments(connection, puts(20, 1_000_000))
    expect(requests[0]?.length).toBe(perRequest)
    expect(requests.flat().map(nameOf).toSorted()).toEqual(
      puts(20)
        .map((write) => write.name)
        .toSorted(),
    )
  })

  it('finds the writes for which a whole request is refused, and sends the others', async () => {
    const bad = new Set(['c/3', 'c/4', 'c/700'])
    const { connection } = server((writes) =>
      writes.some((write) => bad.has(nameOf(write))) ? grpcError(3, 'no') : undefined,
    )
    const results = await writeDocuments(connection, puts(1_000))
    expect(results.flatMap((result, i) => (result.ok ? [] : [[`c/${i}`, result.kind, result.message]]))).toEqual(
      [...bad].map((name) => [name, 'refused', 'no']),
    )
  })

  it('halves a request that is too large for the server', async () => {
    const { connection, requests } = server((writes) =>
      writes.length > 100 ? grpcError(8, 'message exceeds maximum size 4: 5') : undefined,
    )
    expect((await writeDocuments(connection, puts(300))).every((result) => result.ok)).toBe(true)
    expect(requests.map((writes) => writes.length)).toEqual([300, 150, 75, 75, 150, 75, 75])
  })

  it.each([
    [8, 'throttled'],
    [10, 'transient'],
    [7, 'refused'],
    [5, 'refused'],
    [9, 'refused'],
    [12, 'refused'],
  ])('calls status %i of a whole request %s for each write', async (code, kind) => {
    const { connection, requests } = server(() => grpcError(code))
    expect((await writeDocuments(connection, puts(2))).map((result) => result.ok || result.kind)).toEqual([kind, kind])
    expect(requests.length).toBe(1)
  })

  it.each([14, 4, 13, 2, 1])(
    'rejects when status %i leaves the fate of the writes open, and sends no more',
    async (code) => {
      const { connection, requests } = server(() => grpcError(code))
      await expect(writeDocuments(connection, puts(5_000))).rejects.toMatchObject({
        name: 'LockstepError',
        message: containing('not known which'),
      })
      expect(requests.length).toBe(4)
    },
  )

  it('sends nothing when one of the writes cannot be written', async () => {
    const { connection, requests } = server()
    const bad: DocumentWrite = { ...put('c/bad'), expect: { updateTime: 'yesterday' } }
    await expect(writeDocuments(connection, [...puts(600), bad])).rejects.toMatchObject({ code: 'LS-2103' })
    expect(requests.length).toBe(0)
  })
})

describe('commitDocuments', () => {
  it.each([
    [5, 'conflict'],
    [6, 'conflict'],
    [9, 'conflict'],
    [10, 'transient'],
    [8, 'throttled'],
    [3, 'refused'],
    [7, 'refused'],
  ])('calls status %i %s', async (code, kind) => {
    expect(await commitDocuments(server(() => grpcError(code, 'said')).connection, puts(2))).toMatchObject({
      ok: false,
      kind,
      message: 'said',
    })
  })

  it.each([14, 4, 13, 2, 1])('rejects when status %i leaves its fate open', async (code) => {
    await expect(commitDocuments(server(() => grpcError(code)).connection, puts(2))).rejects.toMatchObject({
      name: 'LockstepError',
    })
  })

  it('is refused, not retried, when it is too large', async () => {
    const { connection } = server(() => grpcError(8, 'message exceeds maximum size 4: 5'))
    expect(await commitDocuments(connection, puts(2))).toMatchObject({ kind: 'refused' })
  })
})
