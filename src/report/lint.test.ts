import { describe, expect, test } from 'vitest'
import type { LintFinding } from '../plan/lint-finding.ts'
import { buildLintReport, lintForm, renderLint } from './lint.ts'
import { renderLintGithub } from './lint-github.ts'
import { buildLintSarif } from './lint-sarif.ts'
import { plainPaint } from './paint.ts'

const screen = { width: 80, paint: plainPaint }
const id = '20261122093000_prices'
const root = '/home/ada/shop'

const error: LintFinding = {
  rule: 'same-type-in-place',
  severity: 'error',
  migration: id,
  step: 1,
  kind: 'convertField',
  message: 'price of Shop/{id} is converted in place and is int before and after',
  why: 'neither a client nor a resumed run can tell',
  fix: 'name a version marker',
  where: {
    file: `${root}/my migrations/x.ts`,
    line: 7,
    column: 14,
    source: "    firestore.convertField('Shop/{id}'),",
  },
  accepted: null,
}
const warning: LintFinding = {
  ...error,
  rule: 'old-client-breaks',
  severity: 'warning',
  message: '100 % of a, b: c\nd',
  where: { file: '/elsewhere/y.ts' },
}
const accepted: LintFinding = { ...error, accepted: 'prices are rounded, so that nobody sees it, and nobody ever will' }

describe('a report', () => {
  test('counts what is not accepted, and has its published form', () => {
    const report = buildLintReport([id], [error, warning, accepted], false)
    expect(lintForm.parse(report)).toEqual(report)
    expect(report).toMatchObject({ ok: false, errors: 1, warnings: 1, accepted: 1, migrations: [id] })
    expect(report.findings[0]).toMatchObject({
      step: 1,
      message: `step 2 (convertField): ${error.message}`,
      docs: 'docs/reference/lint.md#same-type-in-place',
    })
  })

  test('is strict only where it is told to be', () => {
    expect(buildLintReport([id], [warning, accepted], false)).toMatchObject({ ok: true, errors: 0, warnings: 1 })
    expect(buildLintReport([id], [warning, accepted], true)).toMatchObject({ ok: false, errors: 1, warnings: 0 })
  })
})

test('as text, errors as errors are shown, then what was accepted, then the tally', () => {
  expect(renderLint(buildLintReport([id], [error, accepted, warning], false), root, screen)).toMatchInlineSnapshot(`
    "error[same-type-in-place] step 2 (convertField): price of Shop/{id} is converted
      in place and is int before and after
     --> my migrations/x.ts:7:14
      7 |     firestore.convertField('Shop/{id}'),
        |              ^
      why  neither a client nor a resumed run can tell
      fix  name a version marker
      docs docs/reference/lint.md#same-type-in-place
    warning[old-client-breaks] step 2 (convertField): 100 % of a, b: c
      d
     --> /elsewhere/y.ts
      why  neither a client nor a resumed run can tell
      fix  name a version marker
      docs docs/reference/lint.md#old-client-breaks
    accepted[same-type-in-place] step 2 (convertField): price of Shop/{id} is
      converted in place and is int before and after
      because  prices are rounded, so that nobody sees it, and nobody ever will
    1 error, 1 warning, 1 accepted in 1 migration"
  `)
  expect(renderLint(buildLintReport([id, 'other'], [], false), root, screen)).toBe('nothing found in 2 migrations')
})

describe('for GitHub', () => {
  const commands = (...findings: readonly LintFinding[]): readonly string[] =>
    renderLintGithub(buildLintReport([id], findings, false), root).split('\n')

  test('errors first, escaped as workflow commands want it, nothing accepted', () => {
    expect(commands(warning, accepted, error)).toEqual([
      '::error title=same-type-in-place,file=my migrations/x.ts,line=7,col=14::step 2 (convertField): price of Shop/{id} is converted in place and is int before and after%0Aneither a client nor a resumed run can tell%0Afix: name a version marker%0Adocs/reference/lint.md#same-type-in-place',
      '::warning title=old-client-breaks,file=/elsewhere/y.ts::step 2 (convertField): 100 %25 of a, b: c%0Ad%0Aneither a client nor a resumed run can tell%0Afix: name a version marker%0Adocs/reference/lint.md#old-client-breaks',
    ])
  })

  test('a property keeps neither commas nor colons', () => {
    const [line = ''] = commands({ ...error, where: { file: `${root}/a,b:c%.ts` } })
    expect(line).toContain('file=a%2Cb%3Ac%25.ts::')
  })

  test('at most nine of a kind, and how many more', () => {
    const ten = Array.from({ length: 12 }, () => warning)
    const lines = commands(...ten, error)
    expect(lines.map((line) => /^::\w+/.exec(line)?.[0])).toEqual(['::error', ...Array<string>(10).fill('::warning')])
    expect(lines.at(-1)).toBe('::warning::and 3 more: lockstep lint names them')
    expect(commands(...ten.slice(0, 9))).toHaveLength(9)
  })
})

describe('as SARIF', () => {
  interface Sarif {
    readonly version: string
    readonly runs: readonly [
      {
        readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } }
        readonly results: readonly {
          readonly ruleId: string
          readonly ruleIndex: number
          readonly level: string
          readonly partialFingerprints: Readonly<Record<string, string>>
        }[]
      },
    ]
  }
  const sarif = (...findings: readonly LintFinding[]): Sarif =>
    buildLintSarif(buildLintReport([id], findings, false), root, '0.1.0') as Sarif

  test('each result names its rule, its level and its place from the root of the checkout', () => {
    const { version, runs } = sarif(error, warning, accepted)
    const [{ results, tool }] = runs
    expect(version).toBe('2.1.0')
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
    expect(results).toMatchObject([
      {
        level: 'error',
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: 'my%20migrations/x.ts' },
              region: { startLine: 7, startColumn: 14 },
            },
          },
        ],
      },
      { level: 'warning', locations: [{ physicalLocation: { artifactLocation: { uri: 'file:///elsewhere/y.ts' } } }] },
      { suppressions: [{ kind: 'inSource', justification: accepted.accepted }] },
    ])
    expect(results[0]).not.toHaveProperty('suppressions')
  })

  test('a fingerprint stays where lines move, and tells findings apart', () => {
    const print = (finding: LintFinding): string | undefined =>
      sarif(finding).runs[0].results[0]?.partialFingerprints['lockstepFinding/v1']
    expect(print({ ...error, where: { file: `${root}/z.ts`, line: 70 } })).toBe(print(error))
    expect(print({ ...error, step: 2 })).not.toBe(print(error))
    expect(print({ ...error, rule: 'ttl-conversion' })).not.toBe(print(error))
    expect(print({ ...error, migration: 'other' })).not.toBe(print(error))
  })
})
