/** The text in lines of at most `width` characters, broken between words; a longer word keeps its line to itself. */
function wrapText(text: string, width: number): readonly string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width))
}

/** Spaces stay as they are, but for those at which a line is broken. */
function wrapLine(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const [token, word = ''] of text.matchAll(/\s*(\S+)/g)) {
    if (line !== '' && line.length + token.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line}${token}`
  }
  return [...lines, line]
}

/** `lead` and the text beside it, wrapped to `width` in a column of its own. */
export function hang(lead: string, text: string, width: number): readonly string[] {
  const indent = ' '.repeat(lead.length)
  return wrapText(text, Math.max(width - lead.length, 20)).map((line, at) =>
    `${at === 0 ? lead : indent}${line}`.trimEnd(),
  )
}

/** Whole parts joined by ` · `, broken only between them, in a column beside `lead`. */
export function hangParts(lead: string, parts: readonly string[], width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const part of parts) {
    const joined = line === '' ? part : `${line} · ${part}`
    if (line !== '' && lead.length + joined.length > width) {
      lines.push(line)
      line = part
    } else line = joined
  }
  const indent = ' '.repeat(lead.length)
  return [...lines, line].flatMap((each, at) => hang(at === 0 ? lead : indent, each, width))
}

/** Cells in columns as wide as their widest cell, two spaces between them. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** Text as a cell of a Markdown table. */
export function markdownCell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ')
}
