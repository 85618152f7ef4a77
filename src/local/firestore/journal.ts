import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { crc32 } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import { isLockstepError, LockstepError } from '../../kernel/errors.ts'
import type { Keep } from './commit.ts'
import type { Databases } from './databases.ts'
import { lockFolder } from './folder-lock.ts'
import { checkDocumentSize } from './limits.ts'
import { keyOf, parseDocumentName } from './names.ts'
import type { Protocol } from './protocol.ts'
import { refusal } from './status.ts'
import { microsOf } from './store.ts'
import type { Change, Database, StoredDocument } from './store.ts'
import { parseFields, parseTimestamp } from './values.ts'
import type { WireDocument, WireWrite } from './wire.ts'

/** The folder behind the databases: a log of committed changes, rewritten when most of it is superseded. */
export interface Journal {
  readonly keep: Keep
  /** Rewrites the log as the present state. */
  compact(): void
  /** Forgets what is in memory and reads the log again, as another process would. */
  restart(): void
  close(): void
}

/** Frames of the log: length and CRC-32 of the payload (4 bytes each, little-endian), then an encoded CommitRequest. */
const frameHead = 8
const rewriteAbove = 64 * 1024 * 1024
const documentsPerFrame = 200

/**
 * Opens or makes the folder and puts what it holds into the databases. A last record that was cut short by a crash
 * is dropped. LS-3006 when another server has the folder, LS-3008 when its log is damaged before the end.
 */
export function openJournal(folder: string, databases: Databases, protocol: Protocol): Journal {
  const unlock = inFolder(folder, () => {
    mkdirSync(folder, { recursive: true })
    return lockFolder(resolve(folder))
  })
  try {
    return inFolder(folder, () => createJournal(join(folder, 'documents.log'), databases, protocol, unlock))
  } catch (error) {
    unlock()
    throw error
  }
}

/** What the file system refuses becomes LS-3008. */
function inFolder<T>(folder: string, open: () => T): T {
  try {
    return open()
  } catch (cause) {
    if (isLockstepError(cause)) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new LockstepError('LS-3008', `The data folder ${folder} cannot be opened.`, {
      cause,
      why,
      where: { file: folder },
    })
  }
}

function createJournal(path: string, databases: Databases, protocol: Protocol, unlock: () => void): Journal {
  let file = openSync(path, 'a+')
  const replayed = replay(file, path, databases, protocol)
  let size = replayed.bytes
  ftruncateSync(file, size)
  let rewriteAt = rewriteAbove
  const append = (payload: Buffer): void => {
    try {
      size += writeFrame(file, payload)
    } catch (cause) {
      ftruncateSync(file, size)
      throw Object.assign(refusal(status.RESOURCE_EXHAUSTED, `The data folder cannot be written: ${String(cause)}`), {
        cause,
      })
    }
  }
  const journal: Journal = {
    keep: (database, changes) => {
      if (size > rewriteAt) journal.compact()
      append(encodeChanges(database, changes, protocol))
    },
    compact: () => {
      const next = openSync(`${path}.new`, 'w')
      size = 0
      for (const payload of encodeAll(databases, protocol)) size += writeFrame(next, payload)
      fsyncSync(next)
      closeSync(next)
      closeSync(file)
      renameSync(`${path}.new`, path)
      file = openSync(path, 'a+')
      rewriteAt = Math.max(rewriteAbove, size * 3)
    },
    restart: () => databases.restart(() => void replay(file, path, databases, protocol)),
    close: () => {
      fsyncSync(file)
      closeSync(file)
      unlock()
    },
  }
  if (replayed.changes > 2 * databases.documents() + 1000) journal.compact()
  return journal
}

function writeFrame(file: number, payload: Buffer): number {
  const frame = Buffer.allocUnsafe(frameHead + payload.length)
  frame.writeUInt32LE(payload.length, 0)
  frame.writeUInt32LE(crc32(payload), 4)
  payload.copy(frame, frameHead)
  for (let done = 0; done < frame.length;) done += writeSync(file, frame, done)
  return frame.length
}

function encodeChanges(database: Database, changes: readonly Change[], protocol: Protocol): Buffer {
  const writes = changes.map(({ before, after }) => (after ? { update: after } : { delete: before?.name ?? '' }))
  return protocol.encode('CommitRequest', { database: database.name, writes })
}

function* encodeAll(databases: Databases, protocol: Protocol): Generator<Buffer> {
  for (const database of databases.all()) {
    let some: Change[] = []
    for (const after of database.tree().values()) {
      some.push({ before: undefined, after })
      if (some.length < documentsPerFrame) continue
      yield encodeChanges(database, some, protocol)
      some = []
    }
    if (some.length > 0) yield encodeChanges(database, some, protocol)
  }
}

/** Applies every whole record; answers how many bytes they take and how many changes they hold. */
function replay(
  file: number,
  path: string,
  databases: Databases,
  protocol: Protocol,
): { bytes: number; changes: number } {
  const end = fstatSync(file).size
  const head = Buffer.alloc(frameHead)
  let bytes = 0
  let changes = 0
  while (bytes + frameHead <= end) {
    readFully(file, head, bytes)
    const next = bytes + frameHead + head.readUInt32LE(0)
    if (next > end) break
    const payload = Buffer.alloc(next - bytes - frameHead)
    readFully(file, payload, bytes + frameHead)
    if (crc32(payload) !== head.readUInt32LE(4)) {
      if (next === end) break
      throw damaged(path, bytes)
    }
    changes += applyRecord(payload, databases, protocol)
    bytes = next
  }
  return { bytes, changes }
}

function readFully(file: number, into: Buffer, position: number): void {
  for (let done = 0; done < into.length;) {
    const read = readSync(file, into, done, into.length - done, position + done)
    if (read === 0) throw new LockstepError('LS-3008', 'The data folder changed while it was read.')
    done += read
  }
}

function applyRecord(payload: Buffer, databases: Databases, protocol: Protocol): number {
  const record = protocol.decode<{ readonly database: string; readonly writes: readonly WireWrite[] }>(
    'CommitRequest',
    payload,
  )
  const database = databases.of(record.database)
  const changes = record.writes.map((write): Change => {
    const name = write.update?.name ?? write.delete ?? ''
    const before = database.get(keyOf(parseDocumentName(name).segments))
    return { before, after: write.update ? storedDocument(name, write.update) : undefined }
  })
  database.load(changes)
  return changes.length
}

function storedDocument(name: string, wire: WireDocument): StoredDocument {
  const { segments } = parseDocumentName(name)
  const updateTime = parseTimestamp(wire.updateTime ?? {})
  const fields = parseFields(wire.fields)
  return {
    name,
    key: keyOf(segments),
    collectionId: segments.at(-2) ?? '',
    fields,
    createTime: parseTimestamp(wire.createTime ?? {}),
    updateTime,
    version: microsOf(updateTime),
    size: checkDocumentSize(segments, fields),
  }
}

function damaged(path: string, offset: number): LockstepError {
  return new LockstepError('LS-3008', `The log ${path} is damaged at byte ${offset}, with more records behind it.`, {
    hint: 'Restore the folder from a copy, or remove the file to start empty.',
    where: { file: path },
  })
}
