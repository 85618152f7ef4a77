import { FieldPath, FieldValue, Firestore, GeoPoint, Timestamp } from '@google-cloud/firestore'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createConverter, phaseDocumentPath, serverSource, watchPhases } from '../../src/client/client.ts'
import type { Phases, Sdk, Shape } from '../../src/client/client.ts'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import type { FirestoreServer } from '../../src/local/firestore/server.ts'
import { startOfficialEmulator } from '../stores/official-emulator.ts'
import { needs } from '../stores/skips.ts'

interface Chat {
  readonly name: string
  readonly sentAt: Timestamp
  readonly language: string
}

const shape: Shape = {
  pattern: 'chats/{id}',
  steps: [
    { migration: 'named', change: 'rename', path: ['title'], to: ['name'] },
    {
      migration: 'dated',
      change: 'convert',
      path: ['date'],
      to: ['sentAt'],
      conversion: { from: 'string', to: 'timestamp', format: 'DD/MM/YYYY', zone: 'UTC' },
    },
    { migration: 'spoken', change: 'add', path: ['language'], default: { stringValue: 'en' } },
  ],
}

function sdkOf(firestore: Firestore): Sdk {
  return { deleteField: () => FieldValue.delete(), Timestamp, GeoPoint, FieldPath, doc: (path) => firestore.doc(path) }
}

/** Until the condition holds; the run's own time limit ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('on the local server', () => {
  let server: FirestoreServer
  let firestore: Firestore
  let phases: Phases

  beforeAll(async () => {
    server = await createFirestoreServer()
    const [host = '', port = ''] = server.host.split(':')
    firestore = new Firestore({ projectId: 'demo-client', host, port: Number(port), ssl: false })
  })
  afterAll(async () => {
    phases?.close()
    await firestore?.terminate()
    await server?.close()
  })

  test('withConverter reads every shape, and writes that of the phase', async () => {
    const state = firestore.doc(phaseDocumentPath)
    await state.set({ named: 'cutover', dated: 'backfill' })
    phases = watchPhases(serverSource(state))
    await phases.ready
    expect(['named', 'dated', 'spoken'].map((id) => phases.phaseOf(id))).toEqual(['cutover', 'backfill', 'absent'])
    const converter = createConverter<Chat>(shape, phases, sdkOf(firestore))
    const plain = firestore.collection('chats')
    const chats = plain.withConverter(converter)
    await plain.doc('old').set({ title: 'Old', date: '11/03/2025', kept: firestore.doc('a/b') })
    const old = (await chats.doc('old').get()).data()
    expect(old).toMatchObject({ name: 'Old', language: 'en' })
    expect(old?.sentAt.toDate().toISOString()).toBe('2025-03-11T00:00:00.000Z')

    const sentAt = Timestamp.fromDate(new Date('2025-04-01T12:00:00Z'))
    await chats.doc('new').set({ name: 'New', sentAt, language: 'de' })
    const stored = { name: 'New', title: 'New', sentAt, date: '01/04/2025', language: 'de' }
    expect((await plain.doc('new').get()).data()).toEqual(stored)
    await plain.doc('new').update(converter.update({ name: 'Newer' }))
    await plain.doc('new').update(...converter.updateArguments([['language'], 'fr']))
    await chats.doc('new').set({ name: 'Newest' }, { merge: true })
    expect((await plain.doc('new').get()).data()).toEqual({
      ...stored,
      name: 'Newest',
      title: 'Newest',
      language: 'fr',
    })
    await plain.doc('new').update({ title: 'Of an old client' })
    expect((await chats.doc('new').get()).data()?.name).toBe('Of an old client')
  })

  test('sentinels, transactions, batches and queries go through', async () => {
    const converter = createConverter<Chat & { readonly count?: number }>(shape, phases, sdkOf(firestore))
    const plain = firestore.collection('chats')
    const chats = plain.withConverter(converter)
    await firestore.runTransaction(async (transaction) => {
      const found = (await transaction.get(chats.doc('old'))).data()
      if (found !== undefined) transaction.set(chats.doc('old'), { ...found, name: 'Read and set' })
    })
    await firestore
      .batch()
      .update(
        plain.doc('old'),
        converter.update({ count: FieldValue.increment(2), sentAt: FieldValue.serverTimestamp() }),
      )
      .commit()
    const stored = (await plain.doc('old').get()).data()
    expect(stored).toMatchObject({ name: 'Read and set', title: 'Read and set', count: 2 })
    expect([stored?.['sentAt'] instanceof Timestamp, stored !== undefined && 'date' in stored]).toEqual([true, false])
    await plain.doc('old').update(converter.update({ name: FieldValue.delete() }))
    expect(Object.keys((await plain.doc('old').get()).data() ?? {}).sort()).toEqual([
      'count',
      'kept',
      'language',
      'sentAt',
    ])
    const found = await chats.where('language', '==', 'en').get()
    expect(found.docs.map((snapshot) => snapshot.data().count)).toEqual([2])
  })
})

const emulator = await startOfficialEmulator()

describe.each(['the official emulator', 'the local server'])('on %s', (name) => {
  const isLocal = name === 'the local server'
  test(
    'phases are followed while they change',
    needs(isLocal ? name : emulator, 'no official Firestore emulator found'),
    async () => {
      const server = isLocal ? await createFirestoreServer() : undefined
      const [host = '', port = ''] = (server?.host ?? emulator?.host ?? '').split(':')
      const firestore = new Firestore({ projectId: `demo-watch-${process.pid}`, host, port: Number(port), ssl: false })
      const state = firestore.doc(phaseDocumentPath)
      const errors: unknown[] = []
      const phases = watchPhases(serverSource(state), { onError: (error) => void errors.push(error) })
      try {
        await phases.ready
        expect(phases.phaseOf('m')).toBe('absent')
        await state.set({ m: 'backfill' })
        await until(() => phases.phaseOf('m') === 'backfill')
        await state.update({ m: FieldValue.delete() })
        await until(() => phases.phaseOf('m') === 'absent')
        expect(errors).toEqual([])
      } finally {
        phases.close()
        await firestore.terminate()
        await server?.close()
      }
    },
  )
})

afterAll(() => emulator?.stop())
