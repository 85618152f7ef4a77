import { createHash } from 'node:crypto'
import type { Firestore } from '@google-cloud/firestore'
import { sqlState } from '../../../src/stores/tables.ts'
import { differences, encodeFields, type Expectation, type Json, type Store } from './expectations.ts'
import { loadExpectations } from './journal.ts'
import type { SimulatorReport, SqlClient } from './simulator.ts'

/** An acknowledged write that is no longer there. Names only, never contents. */
export interface Loss {
  readonly store: Store
  /** A document's name, or `table#id`. */
  readonly target: string
  /** The field or column; '' where the whole document or row is missing, or is back after it was deleted. */
  readonly field: string
}

export interface CheckOptions {
  /** Fields and columns that are not compared, because a migration changes them on purpose. */
  readonly except?: readonly string[]
}

interface Stores {
  readonly firestore: Firestore
  readonly pg: SqlClient
}

type Found = Readonly<Record<string, Json>> | undefined

/**
 * Compares both stores with what the simulator wrote last, from its report or its journal file; run it while no
 * simulator is running. Everything acknowledged must be there; a `language` that no client wrote may be absent or 'en'.
 */
export async function checkNothingLost(
  stores: Stores,
  source: SimulatorReport | string,
  options: CheckOptions = {},
): Promise<readonly Loss[]> {
  const file = typeof source === 'string' ? source : source.journal
  const expected =
    file === undefined && typeof source !== 'string' ? source.expectations : await loadExpectations(file ?? '')
  const losses: Loss[] = []
  for (const group of groups(expected)) {
    const found = await findAll(stores, group)
    for (const [index, expectation] of group.entries()) {
      const { store, target } = expectation
      const fields = differences(expectation, found[index]).filter((field) => !options.except?.includes(field))
      losses.push(...fields.map((field) => ({ store, target, field })))
    }
  }
  return losses
}

/** At most 100 targets of one place: the documents, or the rows of one table. */
function* groups(expected: readonly Expectation[]): Generator<readonly Expectation[]> {
  const places = new Map<string, Expectation[]>()
  for (const expectation of expected) {
    const place = expectation.store === 'firestore' ? '' : splitRow(expectation.target).table
    const members = places.get(place) ?? []
    members.push(expectation)
    places.set(place, members)
  }
  for (const members of places.values()) {
    for (let start = 0; start < members.length; start += 100) yield members.slice(start, start + 100)
  }
}

function findAll({ firestore, pg }: Stores, group: readonly Expectation[]): Promise<readonly Found[]> {
  const targets = group.map((expectation) => expectation.target)
  return group[0]?.store === 'firestore' ? findDocuments(firestore, targets) : findRows(pg, targets)
}

async function findDocuments(firestore: Firestore, names: readonly string[]): Promise<readonly Found[]> {
  const snapshots = await firestore.getAll(...names.map((name) => firestore.doc(name)))
  return snapshots.map((snapshot) => {
    const data = snapshot.data()
    return data && encodeFields(data)
  })
}

const undefinedTable = '42P01'

async function findRows(pg: SqlClient, targets: readonly string[]): Promise<readonly Found[]> {
  const rows = targets.map(splitRow)
  const table = rows[0]?.table ?? ''
  const sql = `select to_jsonb(t) as data from ${table} t where id in (select jsonb_array_elements_text($1::text::jsonb)::int)`
  try {
    const { rows: found } = await pg.query(sql, [JSON.stringify(rows.map((row) => row.id))])
    const byId = new Map(found.map((row) => encodeRow(row['data'])).map((data) => [JSON.stringify(data['id']), data]))
    return rows.map((row) => byId.get(row.id))
  } catch (error) {
    if (sqlState(error) === undefinedTable) return rows.map(() => undefined)
    throw error
  }
}

function splitRow(target: string): { table: string; id: string } {
  const [table = '', id = ''] = target.split('#')
  return { table, id }
}

/** A row as the journal notes it: moments in UTC with milliseconds, a vector as the MD5 of its text. */
function encodeRow(data: unknown): Record<string, Json> {
  const fields = encodeFields(typeof data === 'object' && data !== null ? data : {})
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, encodeColumn(name, value)]))
}

function encodeColumn(name: string, value: Json): Json {
  if (typeof value !== 'string') return value
  if (name === 'embedding') return createHash('md5').update(value).digest('hex')
  return name.endsWith('_at') ? new Date(value).toISOString() : value
}
