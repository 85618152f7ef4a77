import { createHash } from 'node:crypto'

/** Raised whenever `normaliseContent` gives another text than before, so that no vector of the old text is taken for the new. */
export const normaliserVersion = 1

/** The text that is embedded and hashed: Unix line ends, unpaired surrogates as U+FFFD, all else as it is stored. */
export function normaliseContent(text: string): string {
  const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
  return lines.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD')
}

/** SHA-256 of normalised content, in hex. */
export function hashContent(normalised: string): string {
  return createHash('sha256').update(normalised, 'utf8').digest('hex')
}

/** Whether there is nothing to embed: providers refuse such a text. */
export function isEmptyContent(text: string): boolean {
  return text.trim() === ''
}
