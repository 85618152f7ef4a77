import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findCopy } from './copy-statement.ts'

it.each([
  'COPY t FROM STDIN',
  'copy t (a, "from") from stdin with (format csv)',
  'COPY t FROM/**/STDIN',
  'COPY t -- to\n FROM -- file\n STDIN',
  '/* outer /* inner */ still */ COPY t FROM STDIN',
  "SELECT 'x'; COPY t FROM STDIN",
  "SELECT E'\\'; '; COPY t FROM STDIN",
  'SELECT $a$ \' $a$; COPY "stdin" FROM STDIN',
  "SELECT 'it''s'; copy t from stdin;",
])('finds %s', (sql) => expect(findCopy(sql).fromStdin).toBe(true))

it.each([
  'COPY t TO STDOUT',
  "COPY t FROM '/tmp/stdin'",
  "INSERT INTO note VALUES ('copy t from stdin')",
  "INSERT INTO note VALUES ('a; copy t from stdin')",
  'SELECT $x$; copy t from stdin; $x$',
  "SELECT E'\\'; copy t from stdin; '",
  '-- copy t from stdin\nSELECT 1',
  '/* /* */ ; copy t from stdin */ SELECT 1',
  'SELECT copy FROM stdin',
  'SELECT "; copy t from stdin;"',
])('does not mistake %s', (sql) => expect(findCopy(sql).fromStdin).toBe(false))

it('counts statements around a copy', () => {
  expect(findCopy('COPY t FROM STDIN;').statements).toBe(1)
  expect(findCopy("SELECT ';'; COPY t FROM STDIN").statements).toBe(2)
})

it('finds a copy after any string literal', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const literal = `'${text.replaceAll("'", "''")}'`
      expect(findCopy(`SELECT ${literal}; COPY t FROM STDIN`)).toEqual({ statements: 2, fromStdin: true })
      expect(findCopy(`SELECT ${literal}, 'copy t from stdin'`).fromStdin).toBe(false)
    }),
  )
})
