import type { Interview } from '../firestore-answers.ts'
import { integer, put } from '../firestore-calls.ts'
import type { WriteMessage } from '../firestore-calls.ts'

const old = { currentDocument: { updateTime: { seconds: 1, nanos: 0 } } }
const absent = { currentDocument: { exists: false } }
const present = { currentDocument: { exists: true } }
const one = { x: integer(1) }

/** Preconditions, single and in batches, and what a write that changes nothing does. */
export async function askAboutWrites({ ask, calls }: Interview): Promise<void> {
  const commit =
    (...writes: WriteMessage[]) =>
    () =>
      calls.commit(writes)
  const remove = (path: string, more: WriteMessage = {}): WriteMessage => ({ delete: calls.name(path), ...more })
  await ask('create', commit(put(calls, 'a/1', one, absent)))
  await ask('create what exists', commit(put(calls, 'a/1', one, absent)))
  await ask('update what is missing', commit(put(calls, 'a/2', one, present)))
  await ask('update at a version what is missing', commit(put(calls, 'a/2', one, old)))
  await ask('update at another version', commit(put(calls, 'a/1', one, old)))
  await ask('delete what is missing', commit(remove('a/2')))
  await ask('delete what must exist', commit(remove('a/2', present)))
  await ask('delete what must not exist', commit(remove('a/1', absent)))
  await ask('delete at another version', commit(remove('a/1', old)))
  await ask('delete at a version what is missing', commit(remove('a/2', old)))
  await ask('twice in one commit', commit(put(calls, 'a/1', { x: integer(2) }), put(calls, 'a/1', { x: integer(3) })))
  await ask('after twice', () => calls.get(['a/1']))
  await ask('set and delete in one commit', commit(put(calls, 'a/9', one), remove('a/9')))
  await ask('one refused, none landed', commit(put(calls, 'a/10', one), put(calls, 'a/2', one, present)))
  await ask('none landed', () => calls.get(['a/10', 'a/nope', 'a/10']))
  await ask('nothing to commit', commit())
  await ask('a write of nothing', commit({}))
  await ask('batch', () =>
    calls.batchWrite([
      put(calls, 'a/3', one),
      put(calls, 'a/1', one, absent),
      remove('a/7'),
      put(calls, 'a/5', one, present),
      put(calls, 'a/6', one, old),
    ]),
  )
  await ask('batch with one document twice', () => calls.batchWrite([put(calls, 'a/3', {}), put(calls, 'a/3', one)]))
  await ask('batch with one wrong name', () => calls.batchWrite([put(calls, 'a/31', one), put(calls, 'a/__x__', one)]))
  await ask('batch with one wrong field', () =>
    calls.batchWrite([put(calls, 'a/31', one), put(calls, 'a/32', { '': integer(1) })]),
  )
  await ask('nothing of the wrong batches', () => calls.get(['a/31']))
  await ask('empty batch', () => calls.batchWrite([]))
  await ask('a write that changes nothing', async () => {
    const versions = async (): Promise<unknown> =>
      JSON.stringify((await calls.get(['a/3'])).map((answer) => answer['found']))
    const before = await versions()
    await calls.commit([put(calls, 'a/3', one)])
    const same = await versions()
    await calls.commit([put(calls, 'a/3', { x: { doubleValue: 1 } })])
    return { kept: same === before, typeCounts: (await versions()) !== same }
  })
}

/** The calls for single documents. */
export async function askAboutDocuments({ ask, calls }: Interview): Promise<void> {
  const { client, root, options } = calls
  const document = { fields: one }
  const create = (more: object) => async () =>
    (await client.createDocument({ parent: root, collectionId: 'c', document, ...more }, options))[0]
  await ask('create', create({ documentId: 'x', mask: { fieldPaths: [] } }))
  await ask('create again', create({ documentId: 'x' }))
  await ask('create with a name', create({ documentId: 'y', document: { name: calls.name('c/y'), fields: {} } }))
  await ask('create without an id', async () => {
    const [made] = await client.createDocument({ parent: root, collectionId: 'c', document }, options)
    return /\/c\/[A-Za-z0-9]{20}$/.test(made.name ?? '')
  })
  const update = (request: object) => async () => (await client.updateDocument(request, options))[0]
  const changed = { name: calls.name('c/x'), fields: { b: integer(2), z: integer(9) } }
  await ask('update', update({ document: changed, updateMask: { fieldPaths: ['b'] }, mask: { fieldPaths: ['x'] } }))
  await ask('updated', async () => (await client.getDocument({ name: calls.name('c/x') }, options))[0])
  const gone = { name: calls.name('c/gone'), fields: {} }
  await ask('update what is missing', update({ document: gone, currentDocument: { exists: true } }))
  await ask(
    'get masked',
    async () => (await client.getDocument({ name: calls.name('c/x'), mask: { fieldPaths: ['b'] } }, options))[0],
  )
  await ask('get what is missing', async () => (await client.getDocument({ name: calls.name('c/gone') }, options))[0])
  const remove = (request: object) => async () => (await client.deleteDocument(request, options))[0]
  await ask('delete', remove({ name: calls.name('c/x') }))
  await ask('delete what must exist', remove({ name: calls.name('c/x'), currentDocument: { exists: true } }))
}
