import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'
import type { PreImage } from '../operations/operation.ts'

const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)

export interface PackedImages {
  readonly count: number
  readonly payload: Buffer
}

/**
 * One page of pre-images as bytes: JSON lines under brotli at quality 1, which was measured faster than gzip and
 * smaller. Values are the port's JSON form, so every type comes back exactly.
 */
export async function packPreImages(images: readonly PreImage[]): Promise<PackedImages> {
  const lines = images.map((image) => JSON.stringify(image)).join('\n')
  return { count: images.length, payload: await compress(lines, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }) }
}

/** The images of a packed page's payload. */
export async function unpackPreImages(payload: Buffer): Promise<readonly PreImage[]> {
  const lines = (await decompress(payload)).toString('utf8')
  return lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line) as PreImage)
}
