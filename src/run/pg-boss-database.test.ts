import { expect, test } from 'vitest'
import type { Queryable, TableWriter } from '../stores/tables.ts'
import { createBossDatabase, splitStatements } from './pg-boss-database.ts'

/** Writes down what reaches the port. */
function createSpy(): { readonly tables: TableWriter; readonly sent: unknown[] } {
  const sent: unknown[] = []
  const q: Queryable = {
    async query(sql, params) {
      sent.push([sql, params])
      return []
    },
  }
  const tables: TableWriter = {
    target: { host: '', port: undefined, database: '', user: '', engine: 'pglite', serverVersion: 0, fingerprint: '' },
    read: (work) => work(q),
    async transaction(work) {
      sent.push('transaction')
      return work(q)
    },
    autocommit: async (sql) => void sent.push(['autocommit', sql]),
    durable: async () => undefined,
    close: async () => undefined,
  }
  return { tables, sent }
}

test('statements end at semicolons that are not inside text, names, bodies or comments', () => {
  const text = `SELECT ';', "a;b", $1; -- not; here
    CREATE FUNCTION f() RETURNS void AS $$ BEGIN x := 'a'';'; END $$ LANGUAGE plpgsql;
    /* nor; here */ SELECT $tag$ $$;$$ $tag$;;  `
  expect(splitStatements(text)).toEqual([
    `SELECT ';', "a;b", $1`,
    `-- not; here
    CREATE FUNCTION f() RETURNS void AS $$ BEGIN x := 'a'';'; END $$ LANGUAGE plpgsql`,
    '/* nor; here */ SELECT $tag$ $$;$$ $tag$',
  ])
})

test('a text of several statements is one transaction of the port', async () => {
  const { tables, sent } = createSpy()
  await createBossDatabase(tables).executeSql('\nBEGIN;\nSET LOCAL lock_timeout = 1;\nSELECT 2;\nCOMMIT;\n')
  expect(sent).toEqual(['transaction', ['SET LOCAL lock_timeout = 1', []], ['SELECT 2', []]])
})

test('a statement with parameters is sent as it is', async () => {
  const { tables, sent } = createSpy()
  await createBossDatabase(tables).executeSql(`SELECT $1, ';'`, ['a'])
  expect(sent).toEqual(['transaction', [`SELECT $1, ';'`, ['a']]])
})

test('what cannot run in a transaction runs outside', async () => {
  const { tables, sent } = createSpy()
  const sql = 'CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)'
  await createBossDatabase(tables).executeSql(sql)
  expect(sent).toEqual([['autocommit', sql]])
})
