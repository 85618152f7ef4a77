import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import type { PreImage } from '../operations/operation.ts'
import { compareIds } from '../stores/document-names.ts'

export interface PackedImages {
  readonly count: number
  readonly payload: Buffer
  /** Covers the units of all images, by the start of their names in the order of bytes. */
  readonly span: readonly [string, string]
}

/** A name is cut so that an index takes it; what begins alike is found together and told apart afterwards. */
const spanLength = 200

/** The stretch from the first to the last of the names, in the order of bytes. */
export function spanOf(names: readonly string[]): readonly [string, string] {
  let [first = '', last = ''] = [names[0], names[0]]
  for (const name of names) {
    if (compareIds(name, first) < 0) first = name
    if (compareIds(name, last) > 0) last = name
  }
  return [cut(first), cut(last)]
}

function cut(name: string): string {
  // Postgres keeps neither NUL nor half a surrogate pair.
  return name
    .slice(0, spanLength)
    .replaceAll('\0', '\u0001')
    .replace(/[\uD800-\uDBFF]$/, '')
}

/**
 * One page of pre-images as bytes: JSON under brotli at quality 1, which was measured faster than gzip and
 * smaller, and in this thread, where a page takes a quarter of a millisecond: to hand it to another costs more. Values
 * are the port's JSON form, so every type comes back exactly.
 */
export function packPreImages(images: readonly PreImage[]): PackedImages {
  const payload = brotliCompressSync(JSON.stringify(images), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
  return { count: images.length, payload, span: spanOf(images.map(({ name, unit = name }) => unit)) }
}

/** The images of a packed page's payload; earlier versions wrote one a line. */
export function unpackPreImages(payload: Buffer): readonly PreImage[] {
  const text = brotliDecompressSync(payload).toString('utf8')
  const array = text.startsWith('[') ? text : `[${text.replaceAll('\n', ',')}]`
  return JSON.parse(array) as readonly PreImage[]
}
