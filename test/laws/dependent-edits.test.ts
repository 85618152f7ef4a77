import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import type { FirestoreServer } from '../../src/local/firestore/server.ts'
import type { DocumentEdit, Unit } from '../../src/operations/document-hands.ts'
import type { Checkpoint } from '../../src/operations/operation.ts'
import { settleUnits } from '../../src/run/settle.ts'
import type { Settling } from '../../src/run/settle.ts'
import type { Document, DocumentWriter } from '../../src/stores/documents.ts'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import { startOfficialEmulator } from '../stores/official-emulator.ts'
import { needs } from '../stores/skips.ts'

const fields = { n: { integerValue: '1' } }

let server: FirestoreServer
let documents: DocumentWriter
beforeAll(async () => {
  server = await createFirestoreServer()
  documents = await createFirestoreDocuments({ projectId: 'demo-dependent', emulatorHost: server.host })
})
beforeEach(async () => {
  await server.reset('demo-dependent')
  await documents.write([{ op: 'put', name: 'Old/a', fields, expect: 'any' }])
})
afterAll(async () => {
  await documents.close()
  await server.close()
})

async function read(name: string): Promise<Document | undefined> {
  const [found] = await documents.get([name])
  return found
}

/** Copies `Old/a` as it is now to `New/a`, on a store where clients act once the pre-image is kept. */
function copy(store: DocumentWriter, meanwhile: () => Promise<unknown>): Promise<Checkpoint> {
  const settling: Settling = {
    documents: store,
    left: { landed: new Map(), unapplied: new Map(), passed: () => [] },
    keep: async () => {
      await meanwhile()
      return '1'
    },
    pace: async () => {},
    sleep: async () => {},
    signal: new AbortController().signal,
    patiently: (work) => work(),
  }
  interface Copy extends Unit {
    readonly source: Document
  }
  const load = async (): Promise<readonly Copy[]> => {
    const source = await read('Old/a')
    return source === undefined ? [] : [{ key: 'Old/a', source }]
  }
  const edits = ({ source }: Copy): readonly DocumentEdit[] => [
    { op: 'create', name: 'New/a', fields: source.fields, given: [source] },
  ]
  return load().then((units) => settleUnits(settling, { units, edits, reload: load }))
}

const remove = (): Promise<unknown> => documents.write([{ op: 'delete', name: 'Old/a', expect: 'any' }])

it('an edit lands while the document it depends on is as it was, and leaves that alone', async () => {
  const before = await read('Old/a')
  expect(await copy(documents, async () => {})).toMatchObject({ changed: 1, conflicts: 0, kept: [{ unapplied: [] }] })
  expect((await read('New/a'))?.fields).toEqual(fields)
  expect(await read('Old/a')).toEqual(before)
})

it('an edit does not land where the document it depends on has gone', async () => {
  expect(await copy(documents, remove)).toMatchObject({ changed: 0, conflicts: 1, kept: [{ unapplied: [0] }] })
  expect(await read('New/a')).toBeUndefined()
})

it('an edit is computed afresh where the document it depends on has changed', async () => {
  let times = 0
  const change = async (): Promise<unknown> =>
    times++ > 0
      ? undefined
      : documents.write([{ op: 'put', name: 'Old/a', fields: { n: { integerValue: '2' } }, expect: 'any' }])
  expect(await copy(documents, change)).toMatchObject({ changed: 1, conflicts: 1 })
  expect((await read('New/a'))?.fields).toEqual({ n: { integerValue: '2' } })
})

it('an edit whose answer was lost before it landed is not sent for ever', async () => {
  let lost = 0
  const store: DocumentWriter = {
    ...documents,
    commit: async (writes) => {
      if (lost++ === 0) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' })
      return documents.commit(writes)
    },
  }
  expect(await copy(store, remove)).toMatchObject({ changed: 0, kept: [{ unapplied: [0] }] })
  expect(await read('New/a')).toBeUndefined()
})

const emulator = await startOfficialEmulator()
it(
  'the official emulator takes a patch of nothing for a question',
  needs(emulator, 'no official Firestore emulator'),
  async () => {
    if (emulator === undefined) return
    const project = `demo-dependent-${process.pid}`
    const official = await createFirestoreDocuments({ projectId: project, emulatorHost: emulator.host })
    try {
      await official.write([{ op: 'put', name: 'Old/a', fields, expect: 'any' }])
      const [before] = await official.get(['Old/a'])
      if (before === undefined) throw new Error('it was written')
      const ask = (updateTime: string, name: string) =>
        official.commit([
          { op: 'patch', name: 'Old/a', changes: [], expect: { updateTime } },
          { op: 'put', name, fields, expect: { exists: false } },
        ])
      expect(await ask(before.updateTime, 'New/a')).toMatchObject({ ok: true })
      expect(await official.get(['Old/a'])).toEqual([before])
      expect(await ask('2025-01-01T00:00:00.000000Z', 'New/b')).toMatchObject({ ok: false, kind: 'conflict' })
      expect(await official.get(['New/b'])).toEqual([undefined])
    } finally {
      await official.close()
      await emulator.stop()
    }
  },
)
