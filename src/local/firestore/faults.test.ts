import { Firestore } from '@google-cloud/firestore'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createCalls, integer, put, text } from '../../../test/stores/firestore-calls.ts'
import type { Calls } from '../../../test/stores/firestore-calls.ts'
import type { FaultKind } from './faults.ts'
import { createFirestoreServer } from './server.ts'
import type { FirestoreServer } from './server.ts'

let server: FirestoreServer
let calls: Calls

beforeAll(async () => {
  server = await createFirestoreServer()
  calls = createCalls(server.host, 'faults')
})
afterEach(async () => {
  server.setFaults(undefined)
  await server.reset()
})
afterAll(async () => {
  await calls.close()
  await server.close()
})

const always = (kind: FaultKind, methods: readonly string[]) => ({ seed: 1, rules: [{ kind, share: 1, methods }] })
const ids = (): Promise<readonly string[]> => calls.found({ from: [{ collectionId: 'a' }] })

test.each([
  ['unavailable', 14, []],
  ['aborted', 10, []],
  ['exhausted', 8, []],
  ['deadline', 4, ['a/1']],
  ['reset', 14, ['a/1']],
] as const)('%s answers %i and leaves %j', async (kind, code, left) => {
  server.setFaults(always(kind, ['Commit']))
  await expect(calls.commit([put(calls, 'a/1', { x: integer(1) })])).rejects.toMatchObject({ code })
  expect(await ids()).toEqual(left)
  expect(server.faultCounts()[kind]).toBe(1)
})

test('a stream is cut in the middle', async () => {
  const pad = text('x'.repeat(1000))
  await calls.batchWrite(Array.from({ length: 100 }, (_, at) => put(calls, `a/${at}`, { pad })))
  server.setFaults(always('reset', ['RunQuery']))
  await expect(ids()).rejects.toMatchObject({ code: 14 })
  server.setFaults(undefined)
  expect(await ids()).toHaveLength(100)
})

test('the same seed gives the same faults', async () => {
  const run = async (): Promise<string> => {
    server.setFaults({ seed: 7, rules: [{ kind: 'unavailable', share: 0.5 }] })
    const answers: string[] = []
    for (let at = 0; at < 20; at++) {
      const commit = calls.commit([put(calls, 'a/1', {})])
      answers.push(
        await commit.then(
          () => 'o',
          () => 'x',
        ),
      )
    }
    return answers.join('')
  }
  const first = await run()
  expect(first).toMatch(/o.*x|x.*o/)
  expect(await run()).toBe(first)
})

test('faults are set, counted and ended over HTTP, which also empties a project', async () => {
  const ask = async (method: string, path: string, body?: object): Promise<readonly [number, unknown]> => {
    const init = body ? { method, body: JSON.stringify(body) } : { method }
    const reply = await fetch(`http://${server.host}${path}`, init)
    return [reply.status, await reply.json()]
  }
  await calls.commit([put(calls, 'a/1', {})])
  expect(await ask('PUT', '/faults', always('aborted', ['RunQuery']))).toEqual([200, {}])
  await expect(ids()).rejects.toMatchObject({ code: 10 })
  expect(await ask('GET', '/faults')).toMatchObject([200, { aborted: 1 }])
  expect(await ask('PUT', '/faults', { rules: [{ kind: 'flood', share: 1 }] })).toMatchObject([400, {}])
  expect(await ask('DELETE', '/faults')).toEqual([200, {}])
  expect(await ids()).toEqual(['a/1'])
  const documents = '/emulator/v1/projects/faults/databases/(default)/documents'
  expect(await ask('DELETE', documents)).toEqual([200, {}])
  expect(await ids()).toEqual([])
  expect((await ask('GET', '/nothing'))[0]).toBe(404)
})

test('transactions of the official client lose nothing under faults', async () => {
  const [host = '', port = ''] = server.host.split(':')
  const client = new Firestore({ projectId: 'faults', host, port: Number(port), ssl: false })
  const counter = client.doc('counters/one')
  await counter.set({ n: 0 })
  const rules = (['unavailable', 'aborted'] as const).map((kind) => ({ kind, share: 0.1 }))
  server.setFaults({ seed: 3, rules: [...rules, { kind: 'latency', share: 0.5, millis: 5 }] })
  for (let at = 0; at < 6; at++) {
    await client.runTransaction(async (transaction) => {
      const read = await transaction.get(counter)
      transaction.set(counter, { n: Number(read.get('n')) + 1 })
    })
  }
  const { unavailable, aborted } = server.faultCounts()
  server.setFaults(undefined)
  expect(unavailable + aborted).toBeGreaterThan(0)
  expect((await counter.get()).get('n')).toBe(6)
  await client.terminate()
})
