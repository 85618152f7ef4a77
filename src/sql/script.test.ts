import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadSqlParser } from './parser.ts'
import type { SqlParser } from './parser.ts'
import { parseScript } from './script.ts'
import type { Script } from './script.ts'
import { placeAt } from './text-map.ts'

let parser: SqlParser

beforeAll(async () => {
  parser = await loadSqlParser()
})

const read = (text: string): Script => parseScript(parser, { name: 'x.sql', text })
const placesOf = (script: Script): readonly unknown[] =>
  script.flow.map(({ tag, start, text }) => [tag, placeAt(script.text, start).line, text.split('\n')[0]])

test('statements have their places, whatever letters come before them', () => {
  const script = read("-- größer 🐘\nselect 1;\n\n/* c */ select\n  2\n;;\r\nselect 'é', 3 -- end")
  expect(placesOf(script)).toEqual([
    ['SelectStmt', 2, 'select 1'],
    ['SelectStmt', 4, 'select'],
    ['SelectStmt', 7, "select 'é', 3"],
  ])
  expect(script.tokens.filter(({ kind }) => kind === 'comment').map(({ text }) => text)).toEqual([
    '-- größer 🐘',
    '/* c */',
    '-- end',
  ])
})

test('a mistake is told with its place, and hides no other statement', () => {
  const script = read('create table a (b int);\n-- é\ncreate tabel b ();\nselect 1;')
  expect(script.statements.map(({ tag }) => tag)).toEqual(['CreateStmt', 'SelectStmt'])
  expect(script.problems).toHaveLength(1)
  expect(placeAt(script.text, script.problems[0]?.index ?? 0)).toMatchObject({ line: 3, column: 8 })
})

test('what cannot even be cut into words is a mistake too', () => {
  expect(read("select 'abc").problems).toMatchObject([{ message: expect.stringContaining('unterminated') as string }])
})

describe('bodies', () => {
  const body = `create function f(a text) returns void language plpgsql as $$
declare
  name text := 'user_' || md5(a);
begin
  perform 1 from t where x = a;
  for i in 1..3 loop
    update t set x = a;
  end loop;
  execute format('create table %I (id int)', name);
  execute 'drop table ' || quote_ident(name);
  if a = 'b' then execute unknown(a); end if;
end $$;`

  test('PL/pgSQL gives its statements with their lines, and those of EXECUTE as far as they are known', () => {
    const script = read(`-- é\n${body}`)
    const statements = script.statements[0]?.body?.statements ?? []
    const told = statements.map(({ text, start, inLoop, dynamic, expression }) => [
      placeAt(script.text, start).line,
      text,
      ...(inLoop ? ['loop'] : []),
      ...(dynamic ? ['dynamic'] : []),
      ...(expression ? ['expression'] : []),
    ])
    expect(told).toEqual([
      [6, 'SELECT 1 from t where x = a'],
      [7, 'select 1', 'loop', 'expression'],
      [7, 'select 3', 'loop', 'expression'],
      [8, 'update t set x = a', 'loop'],
      [10, 'create table "{name}" (id int)', 'dynamic'],
      [11, 'drop table "{name}"', 'dynamic'],
      [12, "select a = 'b'", 'expression'],
    ])
    expect(script.flow).toHaveLength(1)
  })

  test('a DO block runs where it stands', () => {
    const script = read('select 1;\ndo $$ begin\n  delete from t;\nend $$;\nselect 2;')
    expect(placesOf(script).map((each) => (each as unknown[])[1])).toEqual([1, 2, 3, 5])
    expect(script.flow[2]).toMatchObject({ origin: 'do', text: 'delete from t' })
  })

  test('a body in SQL has the places of the script', () => {
    const script = read("create function f() returns int language sql as 'select 1;\n  select 2'")
    const inner = script.statements[0]?.body?.statements ?? []
    expect(inner.map(({ start }) => placeAt(script.text, start))).toMatchObject([
      { line: 1, column: 50 },
      { line: 2, column: 3 },
    ])
  })

  test('a body that cannot be read says why', () => {
    const script = read('create function f() returns int language plpgsql as $$ begin retrun 1; end $$')
    expect(script.statements[0]?.body?.problem?.message).toContain('syntax error')
  })

  test('every body of the reference app is read', () => {
    const script = read(readFileSync('examples/chatmimic-connect/sql/schema.sql', 'utf8'))
    expect(script.problems).toEqual([])
    const bodies = script.statements.flatMap(({ body }) => body ?? [])
    expect(bodies.map(({ problem, statements }) => [problem, statements.length > 0])).toEqual(
      bodies.map(() => [undefined, true]),
    )
    expect(bodies).toHaveLength(7)
  })
})
