import { endianness } from 'node:os'

/**
 * Vectors as the binary form of a PostgreSQL array of pgvector's type, whose oid is `element`: several times cheaper
 * for both sides than texts. A parameter that is a Buffer is sent in binary.
 */
export function encodeVectors(vectors: readonly (Float32Array | undefined)[], element: number): Buffer {
  const size = vectors.reduce((sum, vector) => sum + 4 + (vector === undefined ? 0 : 4 + vector.length * 4), 20)
  const buffer = Buffer.allocUnsafe(size)
  const head = [1, vectors.includes(undefined) ? 1 : 0, element, vectors.length, 1]
  let at = head.reduce((place, value) => buffer.writeInt32BE(value, place), 0)
  for (const vector of vectors) {
    if (vector === undefined) {
      at = buffer.writeInt32BE(-1, at)
      continue
    }
    const { length, byteLength } = vector
    at = buffer.writeInt32BE(4 + byteLength, at)
    at = buffer.writeInt16BE(length, at)
    at = buffer.writeInt16BE(0, at)
    buffer.set(new Uint8Array(vector.buffer, vector.byteOffset, byteLength), at)
    if (endianness() === 'LE') buffer.subarray(at, at + byteLength).swap32()
    at += byteLength
  }
  return buffer
}
