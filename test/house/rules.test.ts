import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { staleFiles, writeGenerated } from '../../scripts/generated.ts'
import { listRules, ruleProblems } from '../../scripts/rules.ts'
import { lintRules } from '../../src/plan/rules/catalogue.ts'
import { lintTexts } from '../../src/plan/sql/lint-texts.ts'
import { noSqlFacts } from '../../src/plan/sql/sql-facts.ts'
import { loadSqlParser } from '../../src/sql/parser.ts'

let root = ''

function plant(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

function plantRule(name: string): void {
  plant(`src/plan/rules/${name}/${name}.ts`, `name: '${name}'`)
  plant(`src/plan/rules/${name}/${name}.test.ts`, '')
  const link = '[limits](../../../../docs/reference/configuration.md), [guide](../../../../docs/guides/local.md)'
  plant(`src/plan/rules/${name}/${name}.md`, `# ${name}\n\n${link}\n\n## More\n`)
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-rules-'))
  plantRule('some-rule')
  plantRule('other-rule')
})

afterEach(() => {
  rmSync(root, { recursive: true })
})

test('every rule of this house has its three files under one name, and is in the catalogue', () => {
  expect(ruleProblems(process.cwd())).toEqual([])
  expect(lintRules.map(({ name }) => name)).toEqual(listRules(process.cwd()).map(({ name }) => name))
  expect(lintRules.length).toBeGreaterThan(0)
})

/** What a page may take for granted: nothing, Supabase, a runner that wraps files. */
const contexts = [{}, { file: 'supabase/x.sql' }, { inTransaction: true }] as const

test('the bad example of a page is found by its rule, and the good one is not', async () => {
  const parser = await loadSqlParser()
  const optIn = lintRules.flatMap((rule) => (rule.over === 'sql' && rule.optIn === true ? [rule.name] : []))
  const finds = (text: string, rule: string, context: object): boolean =>
    lintTexts([{ name: 'x.sql', text, ...context }], { parser, facts: noSqlFacts, also: optIn }).some(
      (each) => each.rule === rule,
    )
  let examples = 0
  for (const { folder, name } of listRules(process.cwd())) {
    const page = readFileSync(`${folder}/${name}.md`, 'utf8')
    const [bad, good] = ['Bad', 'Good'].map(
      (title) => new RegExp(`\\*\\*${title}\\*\\*\\n\\n\`\`\`sql\\n([^]*?)\\n\`\`\``).exec(page)?.[1],
    )
    if (bad === undefined || good === undefined) continue
    examples += 1
    const context = contexts.find((each) => finds(bad, name, each))
    expect([name, context !== undefined]).toEqual([name, true])
    expect([name, finds(good, name, context ?? {})]).toEqual([name, false])
  }
  expect(examples).toBeGreaterThan(80)
})

test('every heading that a finding points to is in the reference', () => {
  const reference = readFileSync('docs/reference/lint.md', 'utf8')
  for (const { name } of lintRules) expect(reference).toContain(`\n### ${name}\n`)
  for (const [, link = ''] of reference.matchAll(/\]\(([^)#]+)[^)]*\)/g))
    expect(existsSync(join('docs/reference', link)), link).toBe(true)
})

test('complete rules are listed by name and have no problem', () => {
  expect(ruleProblems(root)).toEqual([])
  expect(listRules(root).map(({ identifier }) => identifier)).toEqual(['otherRule', 'someRule'])
})

test.each(['.ts', '.test.ts', '.md'])('a missing %s is named', (ending) => {
  rmSync(join(root, `src/plan/rules/some-rule/some-rule${ending}`))
  const problem = `src/plan/rules/some-rule/some-rule${ending} is missing`
  expect(ruleProblems(root)).toEqual([expect.stringContaining(problem)])
})

test('a rule or a page of another name is named', () => {
  plant('src/plan/rules/some-rule/some-rule.ts', `name: 'some-role'`)
  plant('src/plan/rules/other-rule/other-rule.md', '# Other rule\n')
  expect(ruleProblems(root)).toEqual([
    expect.stringContaining('other-rule.md does not begin with "# other-rule"'),
    expect.stringContaining(`some-rule.ts does not call its rule 'some-rule'`),
  ])
})

test('catalogue and reference go stale with a new folder, and generating makes them fresh', async () => {
  await writeGenerated(root)
  plantRule('a-third')
  const both = ['src/plan/rules/catalogue.ts', 'docs/reference/lint.md']
  expect(await staleFiles(root)).toEqual(both)
  expect(await writeGenerated(root)).toEqual(both)
  const catalogue = readFileSync(join(root, 'src/plan/rules/catalogue.ts'), 'utf8')
  expect(catalogue).toContain(`import { aThird } from './a-third/a-third.ts'`)
  expect(catalogue).toContain('Object.freeze([aThird, otherRule, someRule])')
  const reference = readFileSync(join(root, 'docs/reference/lint.md'), 'utf8')
  expect(reference).toContain(
    '\n### some-rule\n\n[limits](configuration.md), [guide](../guides/local.md)\n\n#### More\n',
  )
})
