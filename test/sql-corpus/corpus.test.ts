import { readFileSync, readdirSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { lintTexts } from '../../src/plan/sql/lint-texts.ts'
import { noSqlFacts } from '../../src/plan/sql/sql-facts.ts'
import { loadSqlParser } from '../../src/sql/parser.ts'
import type { SqlParser } from '../../src/sql/parser.ts'

interface Labelled {
  readonly name: string
  readonly expected: readonly string[]
  readonly text: string
}

const folder = new URL('.', import.meta.url)

/** Files of a kind, with the rules that their first line names. */
function labelled(kind: 'safe' | 'dangerous'): readonly Labelled[] {
  return readdirSync(new URL(`${kind}/`, folder))
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      const text = readFileSync(new URL(`${kind}/${name}`, folder), 'utf8')
      const label = /^-- expect: (.*)\n/.exec(text)?.[1] ?? ''
      return { name, expected: label === 'nothing' ? [] : label.split(', '), text }
    })
}

let parser: SqlParser

beforeAll(async () => {
  parser = await loadSqlParser()
})

/** The rules that have an error or a warning, as a user would lint the file. */
function alarms({ name, text }: Labelled): readonly string[] {
  // What is about Supabase lies where its files lie.
  const file = name.startsWith('supabase_') ? `supabase/${name}` : name
  const found = lintTexts([{ name, file, text }], { parser, facts: noSqlFacts })
  const counting = found.filter(({ severity, accepted }) => severity !== 'note' && accepted === null)
  return [...new Set(counting.map(({ rule }) => rule))].sort()
}

test('every dangerous script is found by the rules that it is labelled with, no safe one by any', () => {
  const [safe, dangerous] = [labelled('safe'), labelled('dangerous')]
  expect(safe.length).toBeGreaterThanOrEqual(30)
  expect(dangerous.length).toBeGreaterThanOrEqual(30)
  for (const each of safe) expect([each.name, each.expected]).toEqual([each.name, []])
  const told = dangerous.map((each) => ({ ...each, found: alarms(each) }))
  const missed = told.filter(({ expected, found }) => !expected.every((rule) => found.includes(rule)))
  const unlabelled = told.filter(({ expected, found }) => found.some((rule) => !expected.includes(rule)))
  const falseAlarms = safe.map((each) => ({ ...each, found: alarms(each) })).filter(({ found }) => found.length > 0)
  const rules = new Set(dangerous.flatMap(({ expected }) => expected))
  console.log(
    [
      `detected ${dangerous.length - missed.length} of ${dangerous.length} dangerous scripts, by ${rules.size} rules`,
      `false alarms on ${falseAlarms.length} of ${safe.length} safe scripts`,
    ].join('; '),
  )
  const names = (all: readonly { readonly name: string; readonly found: readonly string[] }[]): readonly string[] =>
    all.map(({ name, found }) => `${name}: ${found.join(', ')}`)
  expect(names(missed)).toEqual([])
  expect(names(falseAlarms)).toEqual([])
  expect(names(unlabelled)).toEqual([])
})
