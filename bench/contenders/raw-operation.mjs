// @ts-check
import { measure, readTask } from './measured.mjs'
import { addLanguage, openRaw, sendAll, sendBatch } from './raw-firestore.mjs'

/** @typedef {import('./raw-firestore.mjs').RawWrite} RawWrite */
/** @typedef {{ name: string, fields: Record<string, any>, updateTime: any }} Found */
/**
 * @typedef {object} Rewrite
 * @property {string} [below] the collection that is read, where it is not the task's own
 * @property {readonly string[]} [reads] the fields that are read; without it whole documents
 * @property {(name: string) => string} [into] the document that takes the fields, whose version is read first
 * @property {(found: Found, updateTime: any) => RawWrite} write given the version of what takes the fields
 */

/**
 * What an operation's backfill (`removeField`: its contract phase) writes, by hand: a scan of no more than it takes,
 * and one preconditioned write a document. Keeps nothing, checks nothing, cannot be resumed or undone.
 * @type {Record<string, Rewrite>}
 */
const rewrites = {
  addField: { reads: ['__name__'], write: ({ name, updateTime }) => addLanguage(name, { updateTime }) },
  removeField: { reads: ['__name__'], write: (found) => patch(found, {}, ['title']) },
  renameField: { reads: ['title'], write: (found) => patch(found, { name: found.fields['title'] }) },
  convertField: { reads: ['unread'], write: (found) => patch(found, { unread: textOf(found) }) },
  convertBeside: { reads: ['unread'], write: (found) => patch(found, { waiting: textOf(found) }) },
  transformDocuments: {
    reads: ['unread'],
    write: (found) => patch(found, { unread: { integerValue: countOf(found) + 1 }, shape: { integerValue: 2 } }),
  },
  moveToSubcollection: {
    reads: ['labels'],
    write: ({ name, fields }) => create(`${name}/labels/first`, fields['labels'].mapValue.fields.first.mapValue.fields),
  },
  foldSubcollection: {
    below: 'notes',
    into: (name) => name.split('/').slice(0, -2).join('/'),
    write: ({ name, fields }, updateTime) =>
      patch({ name, updateTime }, { notes: { mapValue: { fields: { first: { mapValue: { fields } } } } } }),
  },
  splitDocument: {
    reads: ['phone', 'title'],
    write: ({ name, fields }) => create(name.replace('/Chats/', '/Phones/'), fields),
  },
  mergeDocuments: {
    below: 'Phones',
    into: (name) => name.replace('/Phones/', '/Chats/'),
    write: ({ name, fields }, updateTime) => patch({ name, updateTime }, { contact: { mapValue: { fields } } }),
  },
  renameCollection: { write: ({ name, fields }) => create(name.replace('/Chats/', '/Talks/'), fields) },
}

/** @param {Pick<Found, 'name' | 'updateTime'>} found @param {Record<string, any>} fields @param {string[]} [fieldPaths] @returns {RawWrite} */
function patch({ name, updateTime }, fields, fieldPaths = Object.keys(fields)) {
  return { update: { name, fields }, updateMask: { fieldPaths }, currentDocument: { updateTime } }
}

/** @param {string} name @param {Record<string, any>} fields @returns {RawWrite} */
function create(name, fields) {
  return { update: { name, fields }, currentDocument: { exists: false } }
}

/** @param {Found} found */
function countOf({ fields }) {
  return Number(fields['unread'].integerValue)
}

/** @param {Found} found */
function textOf(found) {
  return { stringValue: String(countOf(found)) }
}

const task = /** @type {import('./raw-firestore.mjs').DocumentsTask & { operation: string }} */ (readTask())
const { below, reads, into, write } = /** @type {Rewrite} */ (rewrites[task.operation])
const raw = await openRaw(task)

async function* batches() {
  const collectionId = below ?? task.collection
  const stream = raw.client.runQuery(
    {
      parent: raw.root,
      structuredQuery: {
        from: [{ collectionId, allDescendants: below === 'notes' }],
        ...(reads && { select: { fields: reads.map((fieldPath) => ({ fieldPath })) } }),
        orderBy: [{ field: { fieldPath: '__name__' }, direction: 'ASCENDING' }],
      },
    },
    raw.call,
  )
  let page = []
  for await (const { document } of stream) {
    if (!document) continue
    page.push(document)
    if (page.length < 500) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

/** @param {Found[]} page */
async function writesOf(page) {
  if (into === undefined) return page.map((found) => write(found, found.updateTime))
  const names = page.map(({ name }) => into(name))
  const versions = new Map()
  const request = { database: raw.database, documents: names, mask: { fieldPaths: ['__name__'] } }
  for await (const { found } of raw.client.batchGetDocuments(request, raw.call))
    if (found) versions.set(found.name, found.updateTime)
  return page.map((found) => {
    const name = into(found.name)
    return write({ ...found, name }, versions.get(name))
  })
}

await measure(() => sendAll(batches(), async (page) => sendBatch(raw, await writesOf(page)), 8))
await raw.client.close()
