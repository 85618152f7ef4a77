import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readRecords, writeRecords } from '../../src/local/firestore/leveldb-log.ts'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import type { FirestoreServer } from '../../src/local/firestore/server.ts'
import { createCalls, double, integer, list, map, nothing, put, text, vector } from './firestore-calls.ts'
import type { Calls, ValueMessage } from './firestore-calls.ts'
import { startOfficialEmulator } from './official-emulator.ts'
import { needs } from './skips.ts'

const emulator = await startOfficialEmulator()
const project = `exports-${process.pid}`
const database = `projects/${project}/databases/(default)`
const name = 'firestore_export'
let server: FirestoreServer
let folder: string

beforeAll(async () => {
  server = await createFirestoreServer()
})
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-export-'))
  await server.reset()
  return () => rmSync(folder, { recursive: true })
})
afterAll(async () => {
  await createCalls(server.host, project).close()
  if (emulator) await createCalls(emulator.host, project).close()
  await server.close()
  await emulator?.stop()
})

const moment = (seconds: number, nanos: number): ValueMessage => ({ timestampValue: { seconds, nanos } })
const bytes = (...values: number[]): ValueMessage => ({ bytesValue: Buffer.from(values) })
const place: ValueMessage = { geoPointValue: { latitude: 1.5, longitude: -0 } }

/** Every kind of value, odd names, and a document larger than a block of the log. */
async function fill(calls: Calls): Promise<void> {
  const reference = { referenceValue: calls.name('c/two/sub/__id-7__') }
  const foreign = { referenceValue: 'projects/other/databases/second/documents/x/y' }
  const scalars = [nothing, { booleanValue: false }, integer(0), integer('-9223372036854775808'), double(5), double(-0)]
  const odd = [
    double(Number.NaN),
    text('hé😀'),
    text(''),
    bytes(0, 255),
    moment(5, 123_456_000),
    moment(-62_135_596_800, 0),
  ]
  const all = [...scalars, ...odd, moment(253_402_300_799, 999_999_000), reference, foreign, place]
  await calls.commit([
    put(calls, 'c/one', Object.fromEntries(all.map((value, at) => [`f${at}`, value]))),
    put(calls, 'c/two', {
      all: list(...all, map({ in: list(integer(1)), none: list(), map: map({}) })),
      one: list(integer(1)),
      none: list(),
      'a.b': map({ '`': list(), v: vector(double(1)), deep: map({ at: moment(9, 1000), b: bytes(1) }) }),
      v: vector(double(1), double(2.5)),
      empty: map({}),
    }),
    put(calls, 'c/__id5__/s/é', {}),
    put(calls, 'missing/x/below/1', { x: text('y') }),
    put(calls, 'large/1', { s: text('x'.repeat(40_000)), b: { bytesValue: Buffer.alloc(70_000, 7) } }),
  ])
}

/** Every document without its times, in the order of names. */
async function contentOf(calls: Calls): Promise<readonly string[]> {
  const answers = await calls.query({ from: [{ allDescendants: true }] })
  return answers.flatMap(({ document }) => {
    if (!document?.name) return []
    return `${document.name} ${JSON.stringify(document, plainly)}`
  })
}

/** Fields in the order of their names, numbers as they print, no times. */
function plainly(key: string, value: unknown): unknown {
  if (key.endsWith('Time')) return undefined
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const transfer = async (host: string, way: 'export' | 'import'): Promise<void> => {
  const method = 'POST'
  const place = {
    export: { export_directory: folder, export_name: name },
    import: { export_directory: join(folder, name, `${name}.overall_export_metadata`) },
  }
  const body = JSON.stringify({ database, ...place[way] })
  const reply = await fetch(`http://${host}/emulator/v1/projects/${project}:${way}`, {
    method,
    body,
    headers: { 'content-type': 'application/json' },
  })
  expect([reply.status, await reply.text()]).toEqual([200, expect.stringMatching(/^\{\s*\}\s*$/)])
}

describe('with the official emulator', needs(emulator, 'the official Firestore emulator was not found'), () => {
  test('what one exports the other takes in, value by value', async () => {
    const theirs = createCalls(emulator?.host ?? '', project)
    const ours = createCalls(server.host, project)
    await fill(theirs)
    const content = await contentOf(theirs)
    expect(content).toHaveLength(5)
    await transfer(emulator?.host ?? '', 'export')
    await transfer(server.host, 'import')
    expect(await contentOf(ours)).toEqual(content)

    const output = join(folder, name, 'all_namespaces/all_kinds/output-0')
    const recordsOf = (): readonly string[] =>
      [...readRecords(readFileSync(output), output)].map((each) => each.toString('hex')).sort()
    const exported = recordsOf()
    rmSync(join(folder, name), { recursive: true })
    await transfer(server.host, 'export')
    expect(recordsOf()).toEqual(exported)
    await fetch(`http://${emulator?.host}/emulator/v1/${database}/documents`, { method: 'DELETE' })
    expect(await contentOf(theirs)).toEqual([])
    await transfer(emulator?.host ?? '', 'import')
    expect(await contentOf(theirs)).toEqual(content)
  })
})

test('an export is taken in under its own name or another, references to itself included', async () => {
  const calls = createCalls(server.host, project)
  await fill(calls)
  const content = await contentOf(calls)
  expect(server.exportTo(folder)).toBe(5)
  expect(readdirSync(folder).sort()).toEqual(['firebase-export-metadata.json', name])
  expect(server.importFrom(folder, 'projects/else/databases/(default)')).toBe(5)
  const moved = await contentOf(createCalls(server.host, 'else'))
  expect(moved).toEqual(content.map((each) => each.replaceAll(`projects/${project}/`, 'projects/else/')))
  expect(server.exportTo(folder)).toBe(10)
  expect(readdirSync(folder).sort()).toEqual(['else', project])
  await server.reset()
  expect(server.importFrom(join(folder, project, '(default)'))).toBe(5)
  expect(await contentOf(calls)).toEqual(content)
})

test('what is no export, or a damaged one, is told by its file', async () => {
  expect(() => server.importFrom(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'LS-3015' }))
  const calls = createCalls(server.host, project)
  await fill(calls)
  await calls.commit(Array.from({ length: 250 }, (_, at) => put(calls, `a/${at}`, {})))
  server.exportTo(folder)
  await server.reset()
  const output = join(folder, name, 'all_namespaces/all_kinds/output-0')
  const whole = readFileSync(output)
  for (const broken of [
    whole.subarray(0, -100),
    Buffer.concat([whole.subarray(0, -100), Buffer.from([1]), whole.subarray(-99)]),
  ]) {
    writeFileSync(output, broken)
    expect(() => server.importFrom(folder)).toThrow(
      expect.objectContaining({ code: 'LS-3015', where: { file: output } }),
    )
    expect(await contentOf(calls)).toEqual([])
  }
  writeFileSync(join(folder, 'firebase-export-metadata.json'), '{')
  expect(() => server.importFrom(folder)).toThrow(expect.objectContaining({ code: 'LS-3015', where: { file: folder } }))
})

test.each([[0], [1], [32_748], [32_749], [32_754], [32_755], [32_761], [32_762], [100_000]])(
  'a record of %i bytes behind another comes back',
  (length) => {
    const records = [Buffer.from('first'), Buffer.alloc(length, 3), Buffer.alloc(length, 4), Buffer.from('last')]
    const read = [...readRecords(Buffer.concat([...writeRecords(records)]), 'log')]
    expect(read.map((each) => each.toString('latin1'))).toEqual(records.map((each) => each.toString('latin1')))
  },
)
