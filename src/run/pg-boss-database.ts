import type { TableWriter } from '../stores/tables.ts'

/** What pg-boss wants of a connection. */
export interface BossDatabase {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: object[] }>
}

const lockTimeout = 10_000

/** pg-boss's own transactions: their BEGIN and COMMIT give way to those of the port. */
const wrapped = /^\s*BEGIN;([\s\S]*)\bCOMMIT;?\s*$/i

/**
 * Sends pg-boss's SQL through the table port, one transaction a text; what Postgres forbids in a transaction goes
 * through `autocommit`.
 */
export function createBossDatabase(tables: TableWriter): BossDatabase {
  return {
    async executeSql(text, values) {
      if (/^\s*(?:CREATE|DROP|REINDEX)\b[^;]*\bCONCURRENTLY\b/i.test(text)) {
        await tables.autocommit(text, { lockTimeout })
        return { rows: [] }
      }
      const script = wrapped.exec(text)?.[1]
      if (script === undefined)
        return { rows: [...(await tables.transaction((q) => q.query(text, values), { lockTimeout }))] }
      await tables.transaction((q) => q.script(script), { lockTimeout })
      return { rows: [] }
    },
  }
}
