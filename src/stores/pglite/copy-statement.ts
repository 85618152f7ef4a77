/** How many statements a text has, and whether one of them is COPY … FROM STDIN. */
export interface CopyUse {
  readonly statements: number
  readonly fromStdin: boolean
}

/**
 * Looks for COPY … FROM STDIN outside of comments, strings and quoted names. PGlite exits when it meets one whose
 * data is not there yet, so whoever passes statements to it asks here first; in doubt the answer is yes.
 */
export function findCopy(sql: string): CopyUse {
  // Most texts have no such words at all, also inside strings: no need to read them letter by letter.
  if (!/\bcopy\b[^]*\bstdin\b/i.test(sql)) return { statements: 1, fromStdin: false }
  const statements = splitStatements(sql)
  return {
    statements: statements.length,
    fromStdin: statements.some((statement) => /^copy\b[^]*\bfrom\s+stdin\b/i.test(statement)),
  }
}

/** The statements of a text, with comments, strings and quoted names blanked out: for looking at keywords only. */
export function splitStatements(sql: string): readonly string[] {
  return withoutLiterals(sql)
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}

const literal =
  /--[^\n]*|\/\*|\b[eE]'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/g

function withoutLiterals(sql: string): string {
  let out = ''
  let at = 0
  literal.lastIndex = 0
  for (let match = literal.exec(sql); match !== null; match = literal.exec(sql)) {
    out += `${sql.slice(at, match.index)} ${match[0].startsWith('"') || match[0].endsWith("'") ? 'x ' : ''}`
    at = endOf(match, sql)
    literal.lastIndex = at
  }
  return out + sql.slice(at)
}

function endOf(match: RegExpExecArray, sql: string): number {
  const start = match.index + match[0].length
  if (match[0] === '/*') return endOfComment(sql, start)
  if (!match[0].startsWith('$')) return start
  const end = sql.indexOf(match[0], start)
  return end === -1 ? sql.length : end + match[0].length
}

/** Comments of this kind nest in Postgres. */
function endOfComment(sql: string, from: number): number {
  const mark = /\/\*|\*\//g
  mark.lastIndex = from
  let depth = 1
  for (let found = mark.exec(sql); found !== null; found = mark.exec(sql)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return mark.lastIndex
  }
  return sql.length
}
