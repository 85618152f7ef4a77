import { expect, test } from 'vitest'
import type { LoadedMigration, LoadedStep } from '../migrations/load-migrations.ts'
import type { FieldType } from '../operations/conversions/conversion.ts'
import { defineDocumentOperation } from '../operations/operation.ts'
import type { ShapeChange } from '../operations/shape-change.ts'
import { parseIndexSettings } from '../operations/index-settings.ts'
import { lintMigration, needsEarlier, requireRules } from './lint.ts'
import { requireLinted, standing } from './lint-finding.ts'
import type { LintFinding } from './lint-finding.ts'

const pattern = 'Data/{uid}/chats/{id}'
const facts = {
  oldestReaders: 'none',
  indexes: parseIndexSettings('{"fieldOverrides":[{"collectionGroup":"chats","fieldPath":"end","ttl":true}]}', 'f'),
}

const never = (): never => {
  throw new Error('lint asks an operation for its shape and for nothing else')
}

function step(line: number, ...changes: readonly ShapeChange[]): LoadedStep {
  const operation = defineDocumentOperation<unknown>({
    kind: 'convertField',
    meta: { summary: 's', phases: [], destructive: false },
    parse: never,
    plan: never,
    remaining: never,
    verify: never,
    apply: never,
    shape: () => changes,
  })
  return { kind: 'convertField', operation, spec: undefined, place: () => ({ file: '/shop/x.ts', line }) }
}

function migration(allow: Readonly<Record<string, string>>, ...steps: readonly LoadedStep[]): LoadedMigration {
  const checksum = { text: '', meaning: '' }
  return { id: '20261122093000_x', file: '/shop/x.ts', summary: 's', allow, checksum, steps }
}

const convert = (path: string, to: string, type: FieldType): ShapeChange => ({
  change: 'convert',
  pattern,
  path: [path],
  to: [to],
  conversion: { from: 'int', to: type },
  custom: true,
})
const broken = step(7, convert('price', 'price', 'int'))
const expiring = step(4, convert('at', 'end', 'timestamp'))

const named = (findings: readonly LintFinding[]): readonly unknown[] =>
  findings.map(({ rule, severity, step, where, accepted }) => [rule, severity, step, where.line, accepted])

test('findings come in the order of the steps, each with its place', () => {
  expect(named(lintMigration(migration({}, expiring, broken), [], facts))).toEqual([
    ['old-client-breaks', 'warning', 0, 4, null],
    ['ttl-conversion', 'error', 0, 4, null],
    ['old-client-breaks', 'error', 1, 7, null],
    ['same-type-in-place', 'error', 1, 7, null],
  ])
})

test('what the migration accepts stays a finding, with its reason, and stops nothing', () => {
  const findings = lintMigration(migration({ 'same-type-in-place': 'prices are rounded' }, broken), [], facts)
  expect(named(findings)).toEqual([
    ['old-client-breaks', 'error', 0, 7, null],
    ['same-type-in-place', 'error', 0, 7, 'prices are rounded'],
  ])
  expect(standing(findings).map(({ rule }) => rule)).toEqual(['old-client-breaks'])
  expect(() => requireLinted(findings, ['old-client-breaks'])).not.toThrow()
})

test('errors are refused all at once, with their places; warnings are not', () => {
  const findings = lintMigration(migration({}, expiring, broken), [], facts)
  expect(() => requireLinted(findings, [])).toThrow(
    expect.objectContaining({
      code: 'LS-2501',
      exit: 3,
      where: { file: '/shop/x.ts', line: 4 },
      message: expect.stringMatching(/^step 1 \(convertField\): end of .* \(ttl-conversion\)$/) as string,
      hint: expect.stringMatching(/lockstep up --allow ttl-conversion$/) as string,
      also: [
        expect.objectContaining({ where: { file: '/shop/x.ts', line: 7 } }),
        expect.objectContaining({ message: expect.stringContaining('(same-type-in-place)') as string }),
      ],
    }),
  )
  expect(() => requireLinted(findings, ['ttl-conversion', 'old-client-breaks'])).toThrow('(same-type-in-place)')
  expect(() =>
    requireLinted(
      findings.filter(({ severity }) => severity === 'warning'),
      [],
    ),
  ).not.toThrow()
})

test('a name that is no rule is refused wherever it is accepted', () => {
  expect(() => lintMigration(migration({ 'no-such-rule': 'why' }, broken), [], facts)).toThrow(
    expect.objectContaining({ code: 'LS-2002', where: { file: '/shop/x.ts' } }),
  )
  expect(() => requireRules(['ttl-conversion', 'constructor'])).toThrow(
    expect.objectContaining({ code: 'LS-1007', hint: expect.stringContaining('ttl-conversion') as string }),
  )
})

test('an operation without a shape is no finding', () => {
  const { shape: _, ...operation } = broken.operation as Extract<LoadedStep['operation'], { store: 'documents' }>
  expect(lintMigration(migration({}, { ...broken, operation }), [], facts)).toEqual([])
})

test('the migrations before it count only for what is queried', () => {
  const add = (queried: boolean): ShapeChange => ({ change: 'add', pattern, path: ['a'], default: undefined, queried })
  const index: ShapeChange = { change: 'index', collection: 'chats', fields: [['a']], across: true }
  const [quiet, asking] = [migration({}, step(1, add(false))), migration({}, broken, step(1, add(true)))]
  expect([needsEarlier(quiet), needsEarlier(asking)]).toEqual([false, true])
  const rules = (earlier: readonly LoadedMigration[]): readonly string[] =>
    lintMigration(migration({}, step(1, add(true))), earlier, facts).map(({ rule }) => rule)
  expect(rules([])).toEqual(['queried-field-without-index'])
  expect(rules([migration({}, step(1, index))])).toEqual([])
})
