/** Where in a text an index lies, as people count: from 1. */
export interface TextPlace {
  readonly line: number
  readonly column: number
  readonly source: string
}

/** Line, column and source line of an index. */
export function placeAt(text: string, index: number): TextPlace {
  const starts = lineStarts(text)
  const line = lastAtMost(starts, index)
  const start = starts[line] ?? 0
  const source = text.slice(start, (starts[line + 1] ?? text.length + 1) - 1).replace(/\r$/, '')
  return { line: line + 1, column: index - start + 1, source }
}

let latest: { readonly text: string; readonly starts: readonly number[] } | undefined

/** Where each line begins; kept for the text that was asked about last. */
function lineStarts(text: string): readonly number[] {
  if (latest?.text === text) return latest.starts
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  latest = { text, starts }
  return starts
}

/** Position of the last of these growing numbers that is not above `value`. */
function lastAtMost(numbers: readonly number[], value: number): number {
  let [low, high] = [0, numbers.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((numbers[middle] ?? 0) <= value) low = middle
    else high = middle - 1
  }
  return low
}

/** Index in the text of the line counted from 1, counted from the line in which `from` lies. */
export function lineStart(text: string, from: number, line: number): number {
  let at = from
  for (let passed = 1; passed < line; passed += 1) {
    const next = text.indexOf('\n', at)
    if (next === -1) return at
    at = next + 1
  }
  return at
}

/** From offsets in bytes of UTF-8, as the grammar counts, to indexes of the string. */
export function byteMap(text: string): (byte: number) => number {
  const bytes = Buffer.from(text)
  if (bytes.length === text.length) return (byte) => Math.min(byte, text.length)
  const indexes = new Uint32Array(bytes.length + 1)
  let index = 0
  for (let byte = 0; byte < bytes.length; byte += 1) {
    indexes[byte] = index
    const lead = bytes[byte] ?? 0
    // Bytes that go on with a letter do not count; letters of four bytes are two characters here.
    if ((lead & 0xc0) !== 0x80) index += lead >= 0xf0 ? 2 : 1
  }
  indexes[bytes.length] = index
  return (byte) => startOf(bytes, indexes, Math.min(byte, bytes.length))
}

/** The index of the letter that begins at, or last before, a byte. */
function startOf(bytes: Buffer, indexes: Uint32Array, byte: number): number {
  let at = byte
  while (at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80) at -= 1
  return indexes[at] ?? 0
}
