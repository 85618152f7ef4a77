import { expect, test } from 'vitest'
import { runCli } from '../../../test/cli/fake-world.ts'
import { errorCatalogue } from '../../kernel/errors.ts'
import { lintRules } from '../../plan/rules/catalogue.ts'

test('a rule is explained by its page, with what it is for in front', async () => {
  const { code, out } = await runCli(['explain', 'index-not-concurrent'])
  expect(code).toBe(0)
  expect(out).toMatch(/^# index-not-concurrent\n\nerror: .*Instead: CREATE INDEX CONCURRENTLY/)
  expect(out).toContain('**Good**')
})

test('an error is explained by its entry, whatever its case', async () => {
  const { code, out } = await runCli(['explain', 'ls-2105'])
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/^# LS-2105\n\nIdentifier is longer than 63 bytes\. Exit code 1\./),
  ])
})

test('everything that can be named can be explained', async () => {
  for (const name of [...lintRules.map((rule) => rule.name), ...Object.keys(errorCatalogue)]) {
    const { code, out } = await runCli(['explain', name, '--json'])
    expect([name, code]).toEqual([name, 0])
    expect(JSON.parse(out)).toMatchObject({ name, docs: expect.stringContaining(name.toLowerCase()) as string })
  }
})

test.each([
  ['index-not-concurent', 'did you mean index-not-concurrent'],
  ['LS-210', 'did you mean LS-2101'],
  ['zzzzzz', 'list them'],
])('%s is not known, and what is near is named', async (name, hint) => {
  const { code, err } = await runCli(['explain', name])
  expect([code, err]).toEqual([64, expect.stringContaining(hint)])
})
