import { beforeAll, describe, expect, test } from 'vitest'
import type { SqlRule } from '../../src/plan/rules/sql-rule.ts'
import { applyEdits } from '../../src/plan/sql/edits.ts'
import { lintScript } from '../../src/plan/sql/lint-script.ts'
import type { ScriptFinding } from '../../src/plan/sql/lint-script.ts'
import { parseServerVersion } from '../../src/plan/sql/sql-facts.ts'
import { loadSqlParser } from '../../src/sql/parser.ts'
import type { SqlParser } from '../../src/sql/parser.ts'
import { parseScript } from '../../src/sql/script.ts'

/** A script by itself, or with what is known beside it. */
export type SqlCase =
  | string
  | {
      readonly sql: string
      readonly file?: string
      readonly version?: string
      readonly inTransaction?: boolean
      readonly timed?: boolean
      readonly rows?: number
      readonly earlier?: string
    }

interface Cases {
  /** Scripts in which the rule finds something. */
  readonly finds: readonly SqlCase[]
  /** Scripts in which it finds nothing. */
  readonly leaves: readonly SqlCase[]
  /** Scripts with what they are when everything that can be mended was. */
  readonly fixes?: readonly (readonly [before: SqlCase, after: string])[]
}

let parser: SqlParser

/** Tests a rule about SQL on scripts. */
export function describeSqlRule(rule: SqlRule, { finds, leaves, fixes = [] }: Cases): void {
  describe('scripts', () => {
    beforeAll(async () => {
      parser = await loadSqlParser()
    })

    test.each(finds.map((each) => [title(each), each] as const))('finds %s', (_, each) => {
      const found = run(rule, each)
      expect(found.map(({ rule }) => rule)).toContain(rule.name)
      for (const { message, why, fix } of found) expect([message, why, fix]).not.toContain('')
    })

    test.each(leaves.map((each) => [title(each), each] as const))('leaves %s', (_, each) => {
      expect(run(rule, each).map(({ message }) => message)).toEqual([])
    })

    if (fixes.length === 0) return
    test.each(fixes.map(([from, to]) => [title(from), from, to] as const))('mends %s', (_, from, to) => {
      const edits = run(rule, from).map(({ edits }) => edits)
      expect(applyEdits(sqlOf(from), edits)).toBe(to)
      expect(run(rule, typeof from === 'string' ? to : { ...from, sql: to })).toEqual([])
    })
  })
}

function run(rule: SqlRule, each: SqlCase): readonly ScriptFinding[] {
  const { file, version, inTransaction, timed, rows, earlier } = typeof each === 'string' ? ({} as never) : each
  const script = parseScript(parser, { name: 'x.sql', text: sqlOf(each), file, inTransaction, timed })
  expect(script.problems).toEqual(rule.name === 'sql-syntax' ? script.problems : [])
  const facts = {
    serverVersion: version === undefined ? undefined : parseServerVersion(version),
    rows: () => rows,
    api: undefined,
    columns: () => undefined,
  }
  const before = earlier === undefined ? [] : [parseScript(parser, { name: 'a.sql', text: earlier })]
  return lintScript(script, { facts, earlier: before, rules: [rule], isRule: (name) => name === 'known-rule' })
}

const sqlOf = (each: SqlCase): string => (typeof each === 'string' ? each : each.sql)

function title(each: SqlCase): string {
  const { sql, ...more } = typeof each === 'string' ? { sql: each } : each
  const noted = Object.entries(more).map(([key, value]) => `${key}: ${value}`)
  return `${sql.replaceAll(/\s+/g, ' ').replaceAll('%', '%%').slice(0, 90)}${noted.length === 0 ? '' : ` (${noted.join(', ')})`}`
}
