import { LockstepError } from '../../kernel/errors.ts'

/**
 * Records in the format of LevelDB's log (github.com/google/leveldb, doc/log_format.md), in which exports of Firestore are
 * written: blocks of 32 KiB, in which no fragment crosses an end; each fragment has a masked CRC-32C, its length and its kind.
 */
const blockBytes = 32_768
const headBytes = 7
const [whole, first, middle, last] = [1, 2, 3, 4]

/** The bytes of a log of these records, in pieces. */
export function* writeRecords(records: Iterable<Uint8Array>): Generator<Buffer> {
  let at = 0
  for (const record of records) {
    let done = 0
    do {
      const room = blockBytes - (at % blockBytes)
      if (room < headBytes) yield Buffer.alloc(room)
      const space = room < headBytes ? blockBytes - headBytes : room - headBytes
      const part = record.subarray(done, done + space)
      const isLast = done + part.length === record.length
      const piece = writeFragment(part, done === 0 ? (isLast ? whole : first) : isLast ? last : middle)
      at += (room < headBytes ? room : 0) + piece.length
      done += part.length
      yield piece
    } while (done < record.length)
  }
}

function writeFragment(part: Uint8Array, kind: number): Buffer {
  const piece = Buffer.alloc(headBytes + part.length)
  piece.writeUInt16LE(part.length, 4)
  piece.writeUInt8(kind, 6)
  piece.set(part, headBytes)
  piece.writeUInt32LE(mask(crc32c(piece.subarray(6))), 0)
  return piece
}

/** The records of a log, in order. LS-3015 where it is damaged or cut short. */
export function* readRecords(log: Buffer, file: string): Generator<Buffer> {
  const damaged = (at: number): LockstepError =>
    new LockstepError('LS-3015', `the export is damaged at byte ${at}`, { where: { file } })
  let parts: Buffer[] = []
  for (let at = 0; at + headBytes <= log.length;) {
    const room = blockBytes - (at % blockBytes)
    const kind = room < headBytes ? 0 : log.readUInt8(at + 6)
    if (kind === 0) {
      at += room
      continue
    }
    const end = at + headBytes + log.readUInt16LE(at + 4)
    if (end > log.length || mask(crc32c(log.subarray(at + 6, end))) !== log.readUInt32LE(at)) throw damaged(at)
    if ((kind === whole || kind === first) !== (parts.length === 0)) throw damaged(at)
    parts.push(log.subarray(at + headBytes, end))
    if (kind === whole || kind === last) {
      yield Buffer.concat(parts)
      parts = []
    }
    at = end
  }
  if (parts.length > 0) throw damaged(log.length)
}

const mask = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  return crc
})

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}
