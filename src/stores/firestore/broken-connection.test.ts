import { afterAll, describe, expect, it } from 'vitest'
import { startCuttingProxy } from '../../../test/stores/cutting-proxy.ts'
import { startOfficialEmulator } from '../../../test/stores/official-emulator.ts'
import { needs } from '../../../test/stores/skips.ts'
import type { CollectionScope, DocumentWrite } from '../documents.ts'
import { createFirestoreDocuments } from './firestore-documents.ts'

const emulator = await startOfficialEmulator()
const scopes: readonly CollectionScope[] = [
  { parent: '', collection: 'cut', descendants: false },
  { parent: '', collection: 'cut', descendants: false, subtree: true },
]
const writes = Array.from({ length: 6_000 }, (_, i): DocumentWrite => ({
  op: 'put',
  name: `cut/${String(i).padStart(5, '0')}${i % 3 === 0 ? '' : '/below/1'}`,
  fields: { v: { stringValue: 'x'.repeat(300) } },
  expect: 'any',
}))

describe('a connection that breaks', needs(emulator, 'no official Firestore emulator found'), () => {
  afterAll(() => emulator?.stop())

  it.each(scopes)('a scan still gives each document once, in order: %j', async (scope) => {
    const host = emulator?.host ?? ''
    const proxy = await startCuttingProxy(host)
    const documents = await createFirestoreDocuments({ projectId: `cut-${process.pid}`, emulatorHost: proxy.host })
    expect((await documents.write(writes)).every((result) => result.ok)).toBe(true)
    proxy.cutAfter(200_000)
    const names: string[] = []
    for await (const { name } of documents.scan(scope, {})) {
      names.push(name)
      if (proxy.cuts() === 4) proxy.cutAfter(Number.POSITIVE_INFINITY)
    }
    expect(proxy.cuts()).toBeGreaterThanOrEqual(4)
    expect(names).toEqual(writes.map((write) => write.name).filter((name) => scope.subtree || !name.includes('below')))
    await documents.close()
    await proxy.stop()
  })

  it('a write whose answer is lost rejects instead of guessing', async () => {
    const proxy = await startCuttingProxy(emulator?.host ?? '')
    const documents = await createFirestoreDocuments({ projectId: `lost-${process.pid}`, emulatorHost: proxy.host })
    proxy.cutAfter(0)
    await expect(documents.write(writes.slice(0, 500))).rejects.toMatchObject({ code: 'LS-3001' })
    await expect(documents.commit(writes.slice(0, 10))).rejects.toMatchObject({ code: 'LS-3001' })
    await documents.close()
    await proxy.stop()
  })
})
