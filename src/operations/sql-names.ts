import { quoteIdentifier } from '../kernel/identifiers.ts'

/** Strings, quoted names, bare names and whatever else, as Postgres prints its own definitions. */
const token = /E?'(?:[^'\\]|''|\\.)*'|"(?:[^"]|"")*"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\s+|./gs

/** Whether a definition that Postgres printed names the column. */
export function namesColumn(sql: string, column: string): boolean {
  return tokensOf(sql).some(({ name }) => name === column)
}

/** A definition that Postgres printed, about another column. Names of functions, types and tables stay. */
export function renameInSql(sql: string, from: string, to: string): string {
  return tokensOf(sql)
    .map(({ text, name }) => (name === from ? quoteIdentifier(to) : text))
    .join('')
}

/** Each token, with the column it may name: not one after a dot or a cast, and not one that is called. */
function tokensOf(sql: string): readonly { readonly text: string; readonly name: string | undefined }[] {
  const texts = sql.match(token) ?? []
  return texts.map((text, n) => {
    const quoted = text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : undefined
    const bare = /^[A-Za-z_\u0080-\uffff]/.test(text) && !text.startsWith("E'") ? text : undefined
    const other = ['.', ':'].includes(texts[n - 1] ?? '') || ['(', '.'].includes(texts[n + 1] ?? '')
    return { text, name: other ? undefined : (quoted ?? bare) }
  })
}
