import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { foldSubcollectionCases } from '../../src/operations/firestore/fold-subcollection/fold-subcollection.case.ts'
import { moveToSubcollectionCases } from '../../src/operations/firestore/move-to-subcollection/move-to-subcollection.case.ts'
import type { CaseDocuments, OperationCase } from '../../src/operations/operation-case.ts'
import type { DocumentWrite, DocumentWriter, Value } from '../../src/stores/documents.ts'
import type { Migrator } from '../../src/migrator.ts'
import { allDocuments, migrationId, openWorld } from './world.ts'
import type { World } from './world.ts'

const ways = [
  { kind: 'move-to-subcollection', cases: moveToSubcollectionCases, inward: false },
  { kind: 'fold-subcollection', cases: foldSubcollectionCases, inward: true },
] as const

/** The document of the many has more children than a page, and pages are settled at once. */
const many = 'Users/many'
const hosts = ['Users/a', 'Users/b', 'Users/missing', many]

/** Clients of both shapes, who change entries at random and remember what there has to be. */
interface Clients {
  /** By host and key. */
  readonly truth: Map<string, number>
  /** What one of them does next. */
  act(): Promise<void>
}

function createClients(documents: DocumentWriter, inward: boolean, seed: number): Clients {
  const truth = new Map<string, number>()
  let state = seed
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * below)
  }
  let last = 1_000
  const send = async (writes: readonly DocumentWrite[]): Promise<void> => {
    for (const write of writes) await documents.write([write])
  }
  const entry = (host: string, key: string, n: number | undefined): DocumentWrite => ({
    op: 'patch',
    name: host,
    changes: [{ path: ['workflows', key], value: n === undefined ? undefined : { mapValue: { fields: numbered(n) } } }],
    expect: n === undefined ? { exists: true } : 'any',
  })
  const child = (host: string, key: string, n: number | undefined): DocumentWrite => {
    const name = `${host}/workflows/${key}`
    if (n === undefined) return { op: 'delete', name, expect: 'any' }
    return { op: 'put', name, fields: { ...numbered(n), name: { stringValue: key } }, expect: 'any' }
  }
  const [old, neu] = inward ? [child, entry] : [entry, child]
  return {
    truth,
    async act() {
      const host = hosts[random(hosts.length)] ?? ''
      const key = `k${random(8)}`
      const id = `${host}/${key}`
      const kind = random(10)
      if (kind === 9) {
        // An old client writes the whole document over: it knows of the map only where that is the old place.
        if (inward)
          await send([{ op: 'put', name: host, fields: { email: { stringValue: `${++last}` } }, expect: 'any' }])
        return
      }
      // Values come again: that one is what was copied once does not say that nobody has written since.
      const n = kind % 3 === 0 ? undefined : random(2) === 0 ? Number(key.slice(1)) : ++last
      if (n === undefined) truth.delete(id)
      else truth.set(id, n)
      if (kind < 5) return send([old(host, key, n)])
      // A new client writes both places in one commit.
      const writes = [old(host, key, n), neu(host, key, n)]
      if (!(await documents.commit(writes)).ok) await send(writes)
    },
  }
}

function numbered(n: number): Readonly<Record<string, Value>> {
  return { n: { integerValue: String(n) } }
}

/** A store in which clients write between the runner's reads and writes, as long as `busy` says so. */
function withClients(documents: DocumentWriter, clients: Clients, busy: () => boolean): DocumentWriter {
  let queue = Promise.resolve()
  const act = (): Promise<void> => (queue = queue.then(() => (busy() ? clients.act() : undefined)))
  const meanwhile = async <T>(work: () => Promise<T>): Promise<T> => {
    await act()
    const result = await work()
    await act()
    return result
  }
  return {
    ...documents,
    get: (names, fields) => meanwhile(() => documents.get(names, fields)),
    write: (writes) => meanwhile(() => documents.write(writes)),
  }
}

function entriesOf(all: CaseDocuments): Map<string, unknown> {
  const maps = Object.entries(all).filter(([name]) => name.split('/').length === 2)
  return new Map(
    maps.flatMap(([name, { workflows }]) =>
      Object.entries((workflows ?? {}) as Record<string, { n: unknown }>).map(([key, { n }]) => [`${name}/${key}`, n]),
    ),
  )
}

function childrenOf(all: CaseDocuments): Map<string, unknown> {
  const found = Object.entries(all).filter(([name]) => name.split('/').length === 4)
  return new Map(found.map(([name, { n }]) => [name.replace('/workflows/', '/'), n]))
}

/** What is not as it should be: key, what is there, what has to be. */
function differences(found: ReadonlyMap<string, unknown>, truth: ReadonlyMap<string, number>): readonly unknown[] {
  const keys = new Set([...found.keys(), ...truth.keys()])
  return [...keys]
    .filter((key) => found.get(key) !== truth.get(key))
    .map((key) => [key, found.get(key), truth.get(key)])
}

describe.each(ways)('$kind among clients of both shapes', ({ cases, inward }) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(undefined, { writeBoth: true })
  })
  afterAll(() => world.close())

  const [theCase] = cases as readonly [OperationCase]
  const oldOf = inward ? childrenOf : entriesOf
  const newOf = inward ? entriesOf : childrenOf

  async function fill(clients: Clients): Promise<void> {
    const keys = (host: string): readonly string[] =>
      Array.from({ length: host === many ? 700 : 6 }, (_, index) => `k${index}`)
    const all = hosts.flatMap((host) => keys(host).map((key, index) => [host, key, index] as const))
    for (const [host, key, index] of all) clients.truth.set(`${host}/${key}`, index)
    const maps = hosts.map((host) => [host, Object.fromEntries(keys(host).map((key, n) => [key, { n }]))] as const)
    const documents: CaseDocuments = inward
      ? Object.fromEntries(all.map(([host, key, n]) => [`${host}/workflows/${key}`, { n, name: key }]))
      : Object.fromEntries(maps.map(([host, workflows]) => [host, { workflows }]))
    const full = { ...theCase, before: { documents, sql: [] } }
    await world.fill(full)
  }

  /** Clients write all through the backfill and its sweeps. */
  async function up(clients: Clients): Promise<Migrator> {
    let acts = 0
    let phase = ''
    const documents = withClients(world.documents, clients, () => phase === 'backfill' && acts++ < 100)
    const planned = await world.migrator(theCase).plan(migrationId)
    const migrator = world.migrator(theCase, { ...world, documents }, (message) => {
      if ('event' in message && message.event.type === 'phase-started') phase = message.event.phase
    })
    await migrator.start(planned)
    expect(acts).toBeGreaterThan(20)
    return migrator
  }

  it.each([1, 2])('seed %i: both places say the same after up; after complete the new one alone', async (seed) => {
    const clients = createClients(world.documents, inward, seed)
    await fill(clients)
    const migrator = await up(clients)
    const after = await allDocuments(world.documents)
    expect(differences(oldOf(after), clients.truth)).toEqual([])
    expect(differences(newOf(after), clients.truth)).toEqual([])
    for (let soaking = 0; soaking < 20; soaking++) await clients.act()
    await migrator.complete(migrationId)
    const completed = await allDocuments(world.documents)
    expect(differences(newOf(completed), clients.truth)).toEqual([])
    expect(oldOf(completed).size).toBe(0)
  })

  it('a document that new clients write over without what they do not know keeps all it has', async () => {
    const clients = createClients(world.documents, inward, 0)
    await fill(clients)
    await up(clients)
    let written = false
    const documents: DocumentWriter = {
      ...world.documents,
      async write(writes) {
        // The phase document says so before the first write of the contract phase.
        const [state] = await world.documents.get(['_lockstep/state'])
        const known = state?.fields[migrationId]
        if (!written && known !== undefined && 'stringValue' in known && known.stringValue === 'contract') {
          written = true
          const [host] = await world.documents.get(['Users/a'])
          const map = inward ? host?.fields['workflows'] : undefined
          const fields = { email: { stringValue: 'a@example.com' }, ...(map && { workflows: map }) }
          await world.documents.write([{ op: 'put', name: 'Users/a', fields, expect: 'any' }])
        }
        return world.documents.write(writes)
      },
    }
    await world.migrator(theCase, { ...world, documents }).complete(migrationId)
    const completed = await allDocuments(world.documents)
    expect(completed['Users/a']).toMatchObject({ email: 'a@example.com' })
    expect(differences(newOf(completed), clients.truth)).toEqual([])
    expect(oldOf(completed).size).toBe(0)
  })

  it.each([3, 4])('seed %i: down leaves the old place alone, as they left it', async (seed) => {
    const clients = createClients(world.documents, inward, seed)
    await fill(clients)
    const migrator = await up(clients)
    for (let soaking = 0; soaking < 20; soaking++) await clients.act()
    await migrator.down(migrationId)
    const after = await allDocuments(world.documents)
    expect(differences(oldOf(after), clients.truth)).toEqual([])
    expect(newOf(after).size).toBe(0)
  })
})
