// @ts-check
import { createRequire } from 'node:module'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sdk from '@google-cloud/firestore'
import { measure, readTask } from './measured.mjs'

/** A rename or a conversion as the users of a peer tool write it. Only firewalk and fireway are installed, in `folder`. */
const task =
  /** @type {import('./raw-firestore.mjs').DocumentsTask & { folder: string, tool: 'BulkWriter' | 'firewalk' | 'fireway', operation: 'addField' | 'renameField' | 'convertField' }} */ (
    readTask()
  )
process.env['FIRESTORE_EMULATOR_HOST'] = task.host
process.env['GCLOUD_PROJECT'] = task.project
const load = createRequire(join(task.folder, 'package.json'))

/** What becomes of a document. @type {Record<string, (data: Record<string, unknown>) => Record<string, unknown>>} */
const changes = {
  addField: () => ({ language: 'en' }),
  renameField: (data) => ({ name: data['title'] }),
  convertField: (data) => ({ unread: String(data['unread']) }),
}
const change = /** @type {(data: Record<string, unknown>) => Record<string, unknown>} */ (changes[task.operation])

async function withBulkWriter() {
  const firestore = new sdk.Firestore({ projectId: task.project })
  const writer = firestore.bulkWriter({ throttling: false })
  /** @type {unknown[]} */
  const failures = []
  for await (const found of firestore.collection(task.collection).stream()) {
    const doc = /** @type {import('@google-cloud/firestore').QueryDocumentSnapshot} */ (/** @type {unknown} */ (found))
    const precondition = { lastUpdateTime: doc.updateTime }
    writer.update(doc.ref, change(doc.data()), precondition).catch((error) => failures.push(error))
  }
  await writer.close()
  if (failures.length > 0) throw new Error(`${failures.length} writes failed`)
}

async function withFirewalk() {
  const firestore = new sdk.Firestore({ projectId: task.project })
  /** @type {{ createBatchMigrator(from: object, options: object): { updateWithDerivedData(get: (doc: { data(): Record<string, unknown> }) => object): Promise<{ migratedDocCount: number }> } }} */
  const { createBatchMigrator } = load('firewalk')
  const migrator = createBatchMigrator(firestore.collection(task.collection), { batchSize: 500 })
  const { migratedDocCount } = await migrator.updateWithDerivedData((doc) => change(doc.data()))
  if (migratedDocCount !== task.count) throw new Error(`firewalk changed ${migratedDocCount} documents`)
}

async function withFireway() {
  const path = join(task.folder, task.project)
  mkdirSync(path, { recursive: true })
  writeFileSync(
    join(path, 'v1.0.0__change.js'),
    `const change = ${String(change)}
module.exports.migrate = async ({ firestore }) => {
  const { docs } = await firestore.collection(${JSON.stringify(task.collection)}).get()
  for (let at = 0; at < docs.length; at += 500) {
    const batch = firestore.batch()
    for (const doc of docs.slice(at, at + 500)) batch.update(doc.ref, change(doc.data()))
    await batch.commit()
  }
}`,
  )
  /** @type {{ migrate(options: object): Promise<{ updated: number }> }} */
  const fireway = load('fireway')
  const { updated } = await fireway.migrate({ path, projectId: task.project })
  if (updated !== task.count) throw new Error(`fireway updated ${updated} documents`)
}

await measure({ BulkWriter: withBulkWriter, firewalk: withFirewalk, fireway: withFireway }[task.tool])
process.exit(0)
