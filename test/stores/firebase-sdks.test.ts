import { deleteApp as deleteWebApp, initializeApp as initializeWebApp } from '@firebase/app'
import * as web from '@firebase/firestore'
import { deleteApp, initializeApp } from 'firebase-admin/app'
import { FieldValue, getFirestore, Timestamp } from 'firebase-admin/firestore'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import type { FirestoreServer } from '../../src/local/firestore/server.ts'

let server: FirestoreServer

beforeAll(async () => {
  server = await createFirestoreServer()
})
afterEach(() => server.reset())
afterAll(() => server.close())

/** What somebody who listens has heard. */
interface Heard {
  readonly hear: (ids: readonly string[]) => void
  /** Until exactly these are what was heard last. */
  readonly until: (ids: readonly string[]) => Promise<void>
}

function createHeard(): Heard {
  let last: readonly string[] | undefined
  return {
    hear: (ids) => {
      last = ids
    },
    until: (ids) => vi.waitFor(() => expect(last).toEqual(ids), { timeout: 20_000, interval: 5 }),
  }
}

describe('firebase-admin', () => {
  test('reads, writes, asks, counts, listens and contends', async () => {
    vi.stubEnv('FIRESTORE_EMULATOR_HOST', server.host)
    const app = initializeApp({ projectId: 'demo-admin' }, 'admin')
    onTestFinished(async () => {
      await deleteApp(app)
      vi.unstubAllEnvs()
    })
    const firestore = getFirestore(app)
    const chats = firestore.collection('chats')
    const heard = createHeard()
    const stop = chats.where('unread', '>', 0).onSnapshot(({ docs }) => heard.hear(docs.map(({ id }) => id)))

    const batch = firestore.batch()
    batch.create(chats.doc('a'), { unread: 1, tags: ['x'], at: new Timestamp(5, 1000) })
    batch.set(chats.doc('b'), { unread: 0, where: new Map([['k', 1]]).size })
    await batch.commit()
    await chats.doc('b').update({ unread: FieldValue.increment(2), tags: FieldValue.arrayUnion('y') })
    await expect(chats.doc('a').create({})).rejects.toMatchObject({ code: 6 })
    expect((await chats.doc('a').get()).data()).toEqual({ unread: 1, tags: ['x'], at: new Timestamp(5, 1000) })
    const found = await chats.where('tags', 'array-contains-any', ['x', 'y']).orderBy('unread', 'desc').get()
    expect(found.docs.map(({ id }) => id)).toEqual(['b', 'a'])
    expect((await chats.count().get()).data()).toEqual({ count: 2 })
    expect((await firestore.listCollections()).map(({ id }) => id)).toEqual(['chats'])
    await heard.until(['a', 'b'])

    const counter = chats.doc('a')
    const add = (): Promise<void> =>
      firestore.runTransaction(async (transaction) => {
        const unread = Number((await transaction.get(counter)).get('unread'))
        transaction.update(counter, { unread: unread + 1 })
      })
    await Promise.all([add(), add()])
    expect((await counter.get()).get('unread')).toBe(3)
    await firestore.recursiveDelete(chats)
    await heard.until([])
    stop()
  })
})

describe("the web SDK's Node build", () => {
  test('reads, writes, asks, counts, listens and contends', async () => {
    web.setLogLevel('silent')
    const app = initializeWebApp({ projectId: 'demo-web' }, 'web')
    onTestFinished(() => deleteWebApp(app))
    const firestore = web.initializeFirestore(app, {})
    const [host = '', port = ''] = server.host.split(':')
    web.connectFirestoreEmulator(firestore, host, Number(port))
    const chats = web.collection(firestore, 'chats')
    const at = (id: string): web.DocumentReference => web.doc(chats, id)
    const heard = createHeard()
    const unread = web.query(chats, web.where('unread', '>', 0))
    const stop = web.onSnapshot(unread, { includeMetadataChanges: true }, ({ docs, metadata }) => {
      if (!metadata.hasPendingWrites && !metadata.fromCache) heard.hear(docs.map(({ id }) => id))
    })

    const batch = web.writeBatch(firestore)
    batch.set(at('a'), { unread: 1, tags: ['x'], made: web.serverTimestamp() })
    batch.set(at('b'), { unread: 0, place: new web.GeoPoint(1, 2), v: web.vector([1, 2]) })
    await batch.commit()
    await web.updateDoc(at('b'), { unread: web.increment(2), tags: web.arrayUnion('y') })
    await expect(web.updateDoc(at('none'), { unread: 1 })).rejects.toMatchObject({ code: 'not-found' })
    const b = await web.getDocFromServer(at('b'))
    expect(b.data()).toEqual({ unread: 2, place: new web.GeoPoint(1, 2), v: web.vector([1, 2]), tags: ['y'] })
    expect((await web.getDocFromServer(at('none'))).exists()).toBe(false)
    const both = web.query(chats, web.where('tags', 'array-contains-any', ['x', 'y']), web.orderBy('unread', 'desc'))
    expect((await web.getDocsFromServer(both)).docs.map(({ id }) => id)).toEqual(['b', 'a'])
    expect((await web.getCountFromServer(chats)).data()).toEqual({ count: 2 })
    await heard.until(['a', 'b'])

    const add = (): Promise<void> =>
      web.runTransaction(firestore, async (transaction) => {
        const before = Number((await transaction.get(at('a'))).get('unread'))
        transaction.update(at('a'), { unread: before + 1 })
      })
    await Promise.all([add(), add()])
    expect((await web.getDocFromServer(at('a'))).get('unread')).toBe(3)
    await web.deleteDoc(at('a'))
    await web.deleteDoc(at('b'))
    await heard.until([])
    stop()
  })
})
