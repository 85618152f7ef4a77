import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { isLockstepError, LockstepError } from '../../kernel/errors.ts'
import { forceWrites } from './commit.ts'
import type { Gate } from './commit.ts'
import type { Databases } from './databases.ts'
import { decodeEntity, decodeMessage, encodeEntity, encodeMessage } from './entity-codec.ts'
import type { DecodedEntity } from './entity-codec.ts'
import { readRecords, writeRecords } from './leveldb-log.ts'
import type { View } from './store.ts'
import type { WireWrite } from './wire.ts'

/** As the official emulator names them. */
const overallEnd = '.overall_export_metadata'
const partFile = 'all_namespaces/all_kinds/all_namespaces_all_kinds.export_metadata'
const outputFile = 'output-0'
/** The first record of the overall metadata, before the message. */
const formatVersion = Buffer.from('3')
const writesAtOnce = 200

/**
 * Writes a database into FOLDER/NAME as the official emulator exports one; answers how many documents there are. What was
 * there is replaced once all is written.
 */
export function writeExport(database: View, folder: string, name: string): number {
  const place = join(folder, name)
  const at = `${place}.new`
  rmSync(at, { recursive: true, force: true })
  const began = Date.now() * 1000
  mkdirSync(dirname(join(at, partFile)), { recursive: true })
  const documents = database.tree()
  const output = openSync(join(at, dirname(partFile), outputFile), 'w')
  let bytes = 0
  for (const piece of writeRecords(entitiesOf(database))) {
    writeFileSync(output, piece)
    bytes += piece.length
  }
  closeSync(output)
  const times = { name, began, ended: Date.now() * 1000 }
  writeFileSync(
    join(at, partFile),
    encodeMessage('ExportMetadata', { times, output: [{ kind: '', file: outputFile }] }),
  )
  const part = { filter: { namespaces: 2, kinds: 3 }, file: partFile, entities: documents.size, bytes }
  const overall = writeRecords([formatVersion, encodeMessage('OverallMetadata', { part: [part] })])
  writeFileSync(join(at, `${name}${overallEnd}`), Buffer.concat([...overall]))
  rmSync(place, { recursive: true, force: true })
  renameSync(at, place)
  return documents.size
}

function* entitiesOf(database: View): Generator<Uint8Array> {
  for (const document of database.tree().values()) yield encodeEntity(document)
}

/**
 * The same in a folder that `firebase emulators:start --import` takes, also of no documents. Several databases get a folder
 * each, named by project and database, and nothing stays above them that an import of an earlier export would take.
 */
export function writeFirebaseExport(databases: Databases, folder: string): number {
  const all = [...databases.all()]
  const filled = all.filter((database) => database.tree().size > 0)
  const [first = databases.of('projects/demo/databases/(default)')] = all
  const exported = filled.length === 0 ? [first] : filled
  const name = 'firestore_export'
  let documents = 0
  for (const database of exported) {
    const [, project = '', , id = ''] = database.name.split('/')
    const at = exported.length === 1 ? folder : join(folder, project, id)
    documents += writeExport(database, at, name)
    const firestore = { version: exportVersion, path: name, metadata_file: `${name}/${name}${overallEnd}` }
    writeFileSync(join(at, firebaseFile), `${JSON.stringify({ version: '13.0.0', firestore }, null, 2)}\n`)
  }
  if (exported.length > 1)
    for (const earlier of [firebaseFile, name]) rmSync(join(folder, earlier), { recursive: true, force: true })
  return documents
}

const firebaseFile = 'firebase-export-metadata.json'

/** Of the emulator whose format this is. */
const exportVersion = '1.19.9'

export interface Import {
  readonly databases: Databases
  readonly gate: Gate
  /** The folder, or its file of overall metadata. */
  readonly folder: string
  /** The database that gets what was in the one exported, references to it included; undefined is the same name. */
  readonly into?: string | undefined
}

/**
 * Takes in an export of the official emulator or of production (all documents of it; those of the same name are replaced, others
 * stay) and answers how many documents it had. LS-3015 where it cannot be read, and then nothing was taken in, or where a document
 * could not be stored.
 */
export function readExport({ databases, gate, folder, into }: Import): number {
  let file = folder
  try {
    file = locateExport(folder)
    // To its end before anything is written.
    for (const _ of entitiesIn(file, into));
    let documents = 0
    for (const { database, writes } of inBatches(entitiesIn(file, into))) {
      forceWrites(databases.of(database), writes, gate)
      documents += writes.length
    }
    return documents
  } catch (cause) {
    if (isLockstepError(cause)) throw cause
    throw unreadable(file, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/** The file of overall metadata: the one named, else as firebase-export-metadata.json says, else the one in the folder. */
function locateExport(folder: string): string {
  if (folder.endsWith(overallEnd) && existsSync(folder)) return folder
  const firebase = join(folder, firebaseFile)
  if (existsSync(firebase)) {
    const { firestore } = JSON.parse(readFileSync(firebase, 'utf8')) as { firestore?: { metadata_file?: string } }
    if (firestore?.metadata_file !== undefined) return join(folder, firestore.metadata_file)
  }
  const found = existsSync(folder) ? readdirSync(folder).find((each) => each.endsWith(overallEnd)) : undefined
  if (found !== undefined) return join(folder, found)
  throw unreadable(folder, `there is no *${overallEnd} and no ${firebaseFile} with one`)
}

function unreadable(file: string, why: string, cause?: unknown): LockstepError {
  const hint = 'name the folder that firebase emulators:export or gcloud firestore export wrote'
  return new LockstepError('LS-3015', `the export cannot be taken in: ${why}`, { where: { file }, hint, cause })
}

function* entitiesIn(file: string, into: string | undefined): Generator<DecodedEntity> {
  let source: string | undefined
  const rename = (database: string): string => {
    source ??= database
    return database === source ? (into ?? database) : database
  }
  for (const output of outputsOf(file)) {
    for (const record of readRecords(readFileSync(output), output)) yield decodeEntity(record, rename)
  }
}

/** The files of documents. */
function outputsOf(file: string): readonly string[] {
  const message = [...readRecords(readFileSync(file), file)].at(-1) ?? Buffer.alloc(0)
  const { part } = decodeMessage<{ readonly part: readonly { readonly file: string }[] }>('OverallMetadata', message)
  return part.flatMap((each) => {
    const metadata = join(dirname(file), each.file)
    const { output } = decodeMessage<{ readonly output: readonly { readonly file: string }[] }>(
      'ExportMetadata',
      readFileSync(metadata),
    )
    return output.map((one) => join(dirname(metadata), one.file))
  })
}

interface Batch {
  readonly database: string
  readonly writes: readonly WireWrite[]
}

function* inBatches(entities: Iterable<DecodedEntity>): Generator<Batch> {
  let batch: { database: string; writes: WireWrite[] } = { database: '', writes: [] }
  for (const { database, path, fields } of entities) {
    if (batch.writes.length === writesAtOnce || database !== batch.database) {
      if (batch.writes.length > 0) yield batch
      batch = { database, writes: [] }
    }
    batch.writes.push({ update: { name: `${database}/documents/${path}`, fields } })
  }
  if (batch.writes.length > 0) yield batch
}
