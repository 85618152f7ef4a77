import type { Queryable, TableWriter } from '../stores/tables.ts'

/** What pg-boss wants of a connection. */
export interface BossDatabase {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: object[] }>
}

const lockTimeout = 10_000

/**
 * Sends pg-boss's SQL through the table port. Texts of several statements run in one transaction of the port, whose own
 * BEGIN and COMMIT replace theirs; what Postgres forbids in a transaction goes through `autocommit`.
 */
export function createBossDatabase(tables: TableWriter): BossDatabase {
  return {
    async executeSql(text, values) {
      if (/^\s*(?:CREATE|DROP|REINDEX)\b[^;]*\bCONCURRENTLY\b/i.test(text)) {
        await tables.autocommit(text, { lockTimeout })
        return { rows: [] }
      }
      const statements = values?.length ? [text] : splitStatements(text).filter((one) => !/^(BEGIN|COMMIT)$/i.test(one))
      const rows = await tables.transaction((q) => runAll(q, statements, values ?? []), { lockTimeout })
      return { rows }
    },
  }
}

async function runAll(q: Queryable, statements: readonly string[], values: readonly unknown[]): Promise<object[]> {
  const rows: object[] = []
  for (const statement of statements) rows.push(...(await q.query(statement, values)))
  return rows
}

// Whatever may hide a semicolon comes first: dollar quotes (function bodies), strings, quoted names, comments.
const token =
  /\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|;|[^;'"$\-/]+|[\s\S]/g

/** The statements of an SQL text, without their semicolons; standard strings only, no E'' escapes, no nested comments. */
export function splitStatements(text: string): readonly string[] {
  const statements: string[] = ['']
  for (const [piece] of text.matchAll(token)) {
    if (piece === ';') statements.push('')
    else statements[statements.length - 1] += piece
  }
  return statements.map((one) => one.trim()).filter((one) => one !== '')
}
