import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import type { FirestoreServer } from '../../src/local/firestore/server.ts'
import { createCalls, integer, list, vector, double } from '../stores/firestore-calls.ts'
import type { Calls, QueryMessage } from '../stores/firestore-calls.ts'
import { startOfficialEmulator } from '../stores/official-emulator.ts'
import { needs } from '../stores/skips.ts'

const emulator = await startOfficialEmulator()
const runs = Number(process.env['LOCKSTEP_DIFFERENTIAL_RUNS'] ?? 40)
const seed = Number(process.env['LOCKSTEP_SEED'] ?? 20261123)

let folder: string
let files = 0
let local: FirestoreServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-strict-'))
  local = await startWith({})
})

afterAll(async () => {
  await createCalls(local.host, 'any').close()
  if (emulator) await createCalls(emulator.host, 'any').close()
  await local.close()
  await emulator?.stop()
  rmSync(folder, { recursive: true })
})

function startWith(definitions: object): Promise<FirestoreServer> {
  const indexFile = join(folder, `${++files}.json`)
  writeFileSync(indexFile, JSON.stringify(definitions))
  return createFirestoreServer({ indexFile })
}

interface Entry {
  readonly queryScope: string
  readonly fields: readonly { readonly fieldPath: string; readonly order?: string; readonly arrayConfig?: string }[]
}

/** The entry that a refusal names, with the list it belongs to; undefined where the query is answered. */
async function demandOf(ask: () => Promise<unknown>): Promise<Readonly<Record<string, Entry>> | undefined> {
  try {
    await ask()
    return undefined
  } catch (error) {
    const details = error instanceof Error && 'details' in error ? String(error.details) : String(error)
    const [, name = 'none', entry = '{}'] = /"(\w+)" in firestore.indexes.json: (.*)$/.exec(details) ?? []
    if (name === 'none') throw error
    return { [name]: JSON.parse(entry) as Entry }
  }
}

/** Without the name, which production and the emulator imply. */
const printed = ({ queryScope, fields }: Entry): string =>
  `${queryScope} ${fields
    .filter(({ fieldPath }) => fieldPath !== '__name__')
    .map(({ fieldPath, order, arrayConfig }) => `${fieldPath} ${order ?? arrayConfig}`)
    .join()}`

const equality = fc.constantFrom('EQUAL', 'IN')
const range = fc.constantFrom('LESS_THAN', 'GREATER_THAN', 'NOT_EQUAL', 'NOT_IN')
const contains = fc.constantFrom('ARRAY_CONTAINS', 'ARRAY_CONTAINS_ANY')
const direction = fc.constantFrom('ASCENDING', 'DESCENDING')
type Operator = 'EQUAL' | 'IN'

function filterOn(fieldPath: string, op: string) {
  const value = ['IN', 'NOT_IN', 'ARRAY_CONTAINS_ANY'].includes(op) ? list(integer(1), integer(2)) : integer(1)
  return { fieldFilter: { field: { fieldPath }, op: op as Operator, value } }
}

/** Conditions on fields of their own; the emulator names a field twice that has one value and is ordered by. */
const question = fc
  .record({
    equal: fc.array(equality, { maxLength: 2 }),
    contains: fc.option(contains, { nil: undefined }),
    range: fc.option(range, { nil: undefined }),
    orders: fc.array(direction, { maxLength: 2 }),
    last: fc.option(direction, { nil: undefined, freq: 4 }),
    sums: fc.subarray(['s', 't']),
    group: fc.boolean(),
  })
  .map((each) => {
    const ops = { a: each.equal[0], e: each.equal[1], c: each.contains, d: each.range }
    const alone = each.equal.includes('IN') && each.range === 'NOT_IN'
    const filters = Object.entries(ops).flatMap(([path, op]) =>
      op === undefined || (alone && path === 'd') || (each.range === 'NOT_IN' && op === 'ARRAY_CONTAINS_ANY')
        ? []
        : [filterOn(path, op)],
    )
    const orderBy = each.orders.map((by, at) => ({ field: { fieldPath: at === 0 ? 'd' : 'b' }, direction: by }))
    if (each.last && orderBy.length > 0 && each.sums.length === 0) {
      orderBy.push({ field: { fieldPath: '__name__' }, direction: each.last })
    }
    const query: QueryMessage = {
      from: [{ collectionId: 'k', allDescendants: each.group }],
      where: { compositeFilter: { op: 'AND', filters } },
      orderBy,
    }
    return { query: filters.length === 0 ? { ...query, where: null } : query, sums: each.sums }
  })

function ask(calls: Calls, query: QueryMessage, sums: readonly string[]): Promise<unknown> {
  if (sums.length === 0) return calls.query(query)
  return calls.aggregate(
    query,
    sums.map((fieldPath) => ({ sum: { field: { fieldPath } }, alias: fieldPath })),
  )
}

describe('the composite indexes', needs(emulator, 'the official Firestore emulator was not found'), () => {
  test('that are demanded are those that the official emulator would have used', async () => {
    let count = 0
    await fc.assert(
      fc.asyncProperty(question, async ({ query, sums }) => {
        const project = `indexes-${process.pid}-${++count}`
        await ask(createCalls(emulator?.host ?? '', project), query, sums)
        const report = `${emulator?.host}/emulator/v1/projects/${project}:indexUsage?database=projects/${project}/databases/(default)`
        const usage = (await (await fetch(`http://${report}`)).json()) as { reports?: { readonly index: Entry }[] }
        const used = (usage.reports ?? []).map(({ index }) => printed(index))
        const demanded = await demandOf(() => ask(createCalls(local.host, project), query, sums))
        // The emulator tells one index of all fields where a group lacks the indexes of single ones.
        if (demanded?.['fieldOverrides']) expect(used).toHaveLength(1)
        else expect(demanded?.['indexes'] ? [printed(demanded['indexes'])] : []).toEqual(used)
      }),
      { numRuns: runs, seed },
    )
  }, 3_600_000)
})

test('an entry that a refusal names is enough, and so are indexes that are merged or read backwards', async () => {
  const order = (fieldPath: string, direction: 'ASCENDING' | 'DESCENDING') => ({ field: { fieldPath }, direction })
  const where = { compositeFilter: { op: 'AND' as const, filters: [filterOn('a', 'EQUAL'), filterOn('e', 'EQUAL')] } }
  const from = [{ collectionId: 'k' }]
  const at = (fieldPath: string, by: string) => ({ fieldPath, order: by })
  const index = (...fields: object[]) => ({ collectionGroup: 'k', queryScope: 'COLLECTION', fields })
  const queries: readonly QueryMessage[] = [
    { from, where, orderBy: [order('d', 'DESCENDING')] },
    { from, orderBy: [order('a', 'ASCENDING'), order('e', 'DESCENDING')] },
    { from: [{ collectionId: 'k', allDescendants: true }], orderBy: [order('d', 'DESCENDING')] },
    {
      from,
      findNearest: {
        vectorField: { fieldPath: 'v' },
        queryVector: vector(double(1), double(2)),
        distanceMeasure: 'COSINE',
        limit: { value: 1 },
      },
    },
  ]
  for (const query of queries) {
    const entry = await demandOf(() => ask(createCalls(local.host, 'entries'), query, []))
    expect(entry).toBeDefined()
    const [[name, only] = ['', undefined]] = Object.entries(entry ?? {})
    const server = await startWith({ [name]: [only] })
    const calls = createCalls(server.host, 'entries')
    expect(await demandOf(() => ask(calls, query, []))).toBeUndefined()
    await calls.close()
    await server.close()
  }
  const merged = [index(at('a', 'ASCENDING'), at('d', 'ASCENDING')), index(at('e', 'DESCENDING'), at('d', 'ASCENDING'))]
  const server = await startWith({
    indexes: merged,
    fieldOverrides: [{ collectionGroup: 'k', fieldPath: 'x', indexes: [] }],
  })
  const calls = createCalls(server.host, 'entries')
  expect(await demandOf(() => calls.query({ from, where, orderBy: [order('d', 'ASCENDING')] }))).toBeUndefined()
  expect(await demandOf(() => calls.query({ from, where, orderBy: [order('d', 'DESCENDING')] }))).toBeUndefined()
  expect(await demandOf(() => calls.query({ from, orderBy: [order('x', 'DESCENDING')] }))).toBeDefined()
  await calls.close()
  await server.close()
})
