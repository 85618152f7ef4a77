import { hash } from 'node:crypto'

/** SHA-256 of the text's UTF-8 bytes, in hex. */
export function sha256(text: string): string {
  return hash('sha256', text)
}

/** MD5 in hex, as Postgres' md5() gives it: for tenant keys, never for security. */
export function md5(text: string): string {
  return hash('md5', text)
}

/** Text with line ends as on Unix and without a byte order mark: the same file on every system. */
export function normaliseLineEnds(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
}
