/** Where in a text an index lies, as people count: from 1. */
export interface TextPlace {
  readonly line: number
  readonly column: number
  readonly source: string
}

/** Line, column and source line of an index. */
export function placeAt(text: string, index: number): TextPlace {
  const start = text.lastIndexOf('\n', index - 1) + 1
  const end = text.indexOf('\n', index)
  const source = text.slice(start, end === -1 ? text.length : end).replace(/\r$/, '')
  return { line: text.slice(0, start).split('\n').length, column: index - start + 1, source }
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
  return (byte) => bytes.subarray(0, byte).toString().length
}
