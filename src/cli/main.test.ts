import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCli } from '../../test/cli/fake-world.ts'
import type { Scene } from '../../test/cli/fake-world.ts'
import { planOf, rowOf } from '../../test/cli/fixtures.ts'
import { LockstepError } from '../kernel/errors.ts'
import { eventLine } from '../report/event-lines.ts'
import { errorForm } from '../report/error.ts'
import { journalForm } from '../report/journal.ts'
import { statusForm } from '../report/status.ts'
import { summaryForm } from '../report/summary.ts'
import { verificationForm } from '../report/verification.ts'
import { planForm } from '../plan/plan.ts'

const [older, newer] = ['20261101000000_older', '20261102000000_newer']
const pending: Scene = { rows: [rowOf(older), rowOf(newer)] }
const soaking: Scene = { rows: [rowOf(older, { state: 'soaking', run: 'a1b2c3d4', phase: 'cutover' })] }

describe('exit codes', () => {
  test.each<[argv: string, scene: Scene, code: number]>([
    ['status', pending, 0],
    ['status --exit-code', pending, 2],
    ['status --exit-code', soaking, 0],
    ['plan', pending, 0],
    ['plan --exit-code', pending, 2],
    ['plan --exit-code', soaking, 0],
    ['plan 20261103000000_nothing', pending, 64],
    ['up', pending, 0],
    ['up', {}, 0],
    ['up --dry-run', pending, 0],
    ['verify', soaking, 0],
    ['verify', { ...soaking, problems: 3 }, 5],
    ['down --yes', soaking, 0],
    ['down', soaking, 6],
    ['complete', soaking, 6],
    ['complete --yes', soaking, 0],
    ['complete 20261101000000_older --yes', pending, 1],
    ['journal', soaking, 0],
    ['journal', {}, 1],
    ['stauts', {}, 64],
    ['status --nope', {}, 64],
    ['status extra', {}, 64],
    ['status --format ndjson', {}, 64],
    ['up --concurrency none', {}, 64],
    ['up --to nowhere', {}, 64],
    ['new Bad-Slug', {}, 64],
    ['new good_slug', {}, 64],
    ['up', { ...pending, failure: new Error('the disk is full') }, 1],
    ['up', { ...pending, failure: new LockstepError('LS-4001', 'held') }, 7],
    ['up', { ...pending, failure: new LockstepError('LS-4002', 'paused by ada') }, 8],
    ['up', { rows: [rowOf(older, { olderThan: newer }), rowOf(newer, { state: 'soaking' })] }, 4],
    ['up --out-of-order', { rows: [rowOf(older, { olderThan: newer }), rowOf(newer, { state: 'soaking' })] }, 0],
    ['up', { rows: [rowOf(older, { state: 'soaking', edited: true }), rowOf(newer)] }, 4],
    ['up', { rows: [rowOf(older, { state: 'soaking', fileMissing: true }), rowOf(newer)] }, 4],
    ['up', { rows: [rowOf(older, { state: 'rolling back' })] }, 1],
    ['--version', {}, 0],
    ['--help', {}, 0],
    ['up --help', {}, 0],
    ['', {}, 64],
  ])('lockstep %s', async (argv, scene, code) => {
    const { code: found, err, calls } = await runCli(argv.split(' ').filter(Boolean), scene)
    expect({ code: found, err }).toEqual({ code, err })
    expect(code === 4 ? calls : ['close']).toEqual(['close'])
  })

  test('a word that is nearly a command is named with its place and what to type', async () => {
    const { err, out } = await runCli(['stauts'])
    expect(out).toBe('')
    expect(err).toContain("error[LS-1001] unknown command 'stauts'")
    expect(err).toContain('at   lockstep stauts')
    expect(err).toContain('did you mean status?')
  })

  test('a stack is shown only when asked for', async () => {
    const scene = { ...pending, failure: new Error('the disk is full') }
    expect((await runCli(['up'], scene)).err).not.toContain('main.test.ts')
    expect((await runCli(['up', '--debug'], scene)).err).toContain('main.test.ts')
    expect((await runCli(['up'], { ...scene, env: { LOCKSTEP_DEBUG: '1' } })).err).toContain('main.test.ts')
  })
})

describe('stdout', () => {
  test.each<[argv: string, scene: Scene, form: { parse: (value: unknown) => unknown }]>([
    ['status', pending, statusForm],
    ['plan', pending, planForm],
    ['up', pending, summaryForm],
    ['down --yes', soaking, summaryForm],
    ['complete --yes', soaking, summaryForm],
    ['verify', { ...soaking, problems: 2 }, verificationForm],
    ['journal', soaking, journalForm],
    ['plan 20261103000000_nothing', pending, errorForm],
    ['down', soaking, errorForm],
    ['stauts', {}, errorForm],
    ['doctor --nope', {}, errorForm],
    ['new Bad-Slug', {}, errorForm],
    ['new good_slug', {}, errorForm],
    ['up', { ...pending, failure: new Error('the disk is full') }, errorForm],
  ])('lockstep %s --json is one document of its published form', async (argv, scene, form) => {
    const { out } = await runCli([...argv.split(' '), '--json'], { ...scene, env: { FORCE_COLOR: '1' } })
    expect(() => form.parse(JSON.parse(out))).not.toThrow()
  })

  test('the format may come from the environment', async () => {
    expect(JSON.parse((await runCli(['stauts'], { env: { LOCKSTEP_FORMAT: 'json' } })).out)).toHaveProperty(
      'error.code',
      'LS-1001',
    )
    expect(JSON.parse((await runCli(['status'], { ...pending, env: { LOCKSTEP_FORMAT: 'json' } })).out)).toHaveProperty(
      'migrations',
    )
  })

  test('a doctor who finds no configuration says so as JSON', async () => {
    const { code, out } = await runCli(['doctor', '--json'])
    expect([code, JSON.parse(out)]).toEqual([1, expect.objectContaining({ ok: false })])
  })

  test('events come one a line, the version first, the summary last', async () => {
    const worked = ['phase-started', 'progress', 'shard-finished']
    const { out } = await runCli(['up', '--format', 'ndjson'], pending)
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => eventLine.parse(JSON.parse(line)))
    expect(lines.map(({ type }) => type)).toEqual(['version', ...worked, ...worked, 'summary'])
    expect(lines[1]).toMatchObject({ migration: older })
    expect(lines[4]).toMatchObject({ migration: newer })
    expect(lines.at(-1)).toMatchObject({
      migrations: [{ migration: older, changed: 10, skipped: 2, conflicts: 1, state: 'soaking' }, { migration: newer }],
    })
  })

  test('a failure ends the events as their last line', async () => {
    const { out, code } = await runCli(['up', '--format=ndjson'], {
      ...pending,
      failure: new LockstepError('LS-4004', 'no'),
    })
    expect(code).toBe(1)
    expect(eventLine.parse(JSON.parse(out.trimEnd().split('\n').at(-1) ?? ''))).toMatchObject({
      type: 'error',
      error: { code: 'LS-4004' },
    })
  })

  test('what is said goes to stderr, the target first, and less of it when quiet', async () => {
    const { err, out } = await runCli(['status'], { ...pending, kind: 'production' })
    expect(err).toBe(
      'PRODUCTION  firestore shop/(default) · postgres migrator@db.example.org:5432/shop, PostgreSQL 15.8\n',
    )
    expect(out).not.toContain('PRODUCTION')
    expect((await runCli(['status', '--quiet'], pending)).err).toBe('')
  })

  test('colours follow flag, NO_COLOR, FORCE_COLOR', async () => {
    const painted = async (argv: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> =>
      (await runCli(argv, { ...pending, env })).out.includes('\u001B[')
    expect(await painted(['status'], {})).toBe(false)
    expect(await painted(['status'], { FORCE_COLOR: '1' })).toBe(true)
    expect(await painted(['status'], { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false)
    expect(await painted(['status', '--no-color'], { FORCE_COLOR: '1' })).toBe(false)
  })
})

describe('up', () => {
  test('goes on with open runs before it starts pending migrations', async () => {
    const { calls } = await runCli(['up'], {
      rows: [rowOf(older, { state: 'failed', phase: 'backfill', run: 'r' }), rowOf(newer)],
    })
    expect(calls).toEqual([`resume ${older} cutover`, `start ${newer} cutover`, 'close'])
  })

  test('leaves alone what stopped on its way to completed', async () => {
    const { calls } = await runCli(['up'], {
      rows: [rowOf(older, { state: 'completing', phase: 'contract', run: 'r' })],
    })
    expect(calls).toEqual(['close'])
  })

  test('stopping before the cutover starts nothing that comes after', async () => {
    expect((await runCli(['up', '--to', 'verify'], pending)).calls).toEqual([`start ${older} verify`, 'close'])
    const waiting = rowOf(older, { state: 'paused', phase: 'cutover', run: 'r' })
    expect((await runCli(['up', '--to', 'verify'], { rows: [waiting, rowOf(newer)] })).calls).toEqual(['close'])
    expect((await runCli(['up'], { rows: [waiting] })).calls).toEqual([`resume ${older} cutover`, 'close'])
  })

  test('one migration by name', async () => {
    expect((await runCli(['up', older], pending)).calls).toEqual([`start ${older} cutover`, 'close'])
  })

  test('with nothing to do it brings up what soaks, and tells how many tenant tables of others are behind', async () => {
    const soaks = await runCli(['up'], { ...soaking, behind: 3 })
    expect(soaks).toMatchObject({ code: 0, calls: [`catch up ${older}`, 'close'] })
    expect(soaks.out).not.toContain('behind')
    const { out, calls } = await runCli(['up'], { rows: [rowOf(older, { state: 'completed' })], behind: 3 })
    expect(calls).toEqual(['close'])
    expect(out).toContain('nothing to do\n3 tenant tables behind')
  })

  test('a saved plan is applied, a stale or broken one refused', async () => {
    const { cwd } = await runCli(['status'], pending)
    const file = join(cwd, 'plan.json')
    writeFileSync(file, JSON.stringify(planOf(older)))
    expect((await runCli(['up', '--plan', file], pending)).calls).toEqual([`start ${older} cutover`, 'close'])
    expect(await runCli(['up', newer, '--plan', file], pending)).toMatchObject({ code: 64, calls: [] })
    writeFileSync(file, JSON.stringify({ ...planOf(older), id: '000000000000' }))
    expect(await runCli(['up', '--plan', file], pending)).toMatchObject({ code: 4, calls: ['close'] })
    writeFileSync(file, '{}')
    expect(await runCli(['up', '--plan', file], pending)).toMatchObject({ code: 64, calls: [] })
    expect(await runCli(['up', '--plan', join(cwd, 'gone.json')], pending)).toMatchObject({ code: 64, calls: [] })
  })

  test('says that up wants a flag for a migration that is out of order', async () => {
    const rows = [rowOf(older, { olderThan: newer }), rowOf(newer, { state: 'soaking' })]
    const { err, out } = await runCli(['plan'], { rows })
    expect(err).toContain(`${older} is older than ${newer}, which was already applied`)
    expect(out).toContain(`lockstep up ${older} --out-of-order`)
  })

  test('plan --out saves what up --plan takes', async () => {
    const { cwd, err } = await runCli(['plan', '--out', 'p.json'], pending)
    expect(err).toContain('saved in p.json')
    expect(planForm.parse(JSON.parse(readFileSync(join(cwd, 'p.json'), 'utf8')))).toEqual(planOf(older))
  })

  test('an error of lint is refused before anything is planned or written, unless its rule is allowed', async () => {
    const finding = {
      rule: 'ttl-conversion',
      severity: 'error',
      migration: older,
      step: 0,
      kind: 'convertField',
    } as const
    const rest = { message: 'm', why: 'w', fix: 'f', where: { file: '/x.ts', line: 3 }, accepted: null }
    const lint = [
      { ...finding, ...rest },
      { ...finding, ...rest, rule: 'same-type-in-place' },
    ]
    const scene: Scene = { ...pending, lint, whilePlanning: () => expect.unreachable('it was planned') }
    const refused = await runCli(['up', '--json'], scene)
    expect(refused).toMatchObject({ code: 3, calls: ['close'] })
    expect(JSON.parse(refused.out)).toMatchObject({
      error: { code: 'LS-2501', where: { line: 3 }, hint: 'f; where it is meant: lockstep up --allow ttl-conversion' },
    })
    expect((await runCli(['up', '--allow', 'same-type-in-place'], scene)).code).toBe(3)
    const allowed = ['up', older, '--allow', 'same-type-in-place', '--allow', 'ttl-conversion']
    expect(await runCli(allowed, { ...pending, lint })).toMatchObject({
      code: 0,
      calls: [`start ${older} cutover`, 'close'],
    })
    expect(await runCli(['up', '--allow', 'ttl'], pending)).toMatchObject({ code: 64, calls: [] })
    const { cwd } = await runCli(['status'], pending)
    writeFileSync(join(cwd, 'plan.json'), JSON.stringify(planOf(older)))
    expect((await runCli(['up', '--plan', join(cwd, 'plan.json')], scene)).code).toBe(3)
  })

  test('the first interruption pauses, the second ends the process', async () => {
    const once = await runCli(['up'], { ...pending, during: async (interrupt) => interrupt() })
    expect(once).toMatchObject({ code: 130, calls: [`start ${older} cutover`, 'close'] })
    expect(once.err).toContain('finishing the current page')
    expect(once.err).toContain('lockstep up goes on from here')
    const twice = await runCli(['up'], {
      ...pending,
      during: async (interrupt) => {
        interrupt()
        interrupt()
      },
    })
    expect(twice.calls).toContain('exit 130')
    expect(twice.err).toContain('resumable')
  })

  test('an interruption before anything runs starts nothing', async () => {
    const { code, calls, err } = await runCli(['up'], { ...pending, whilePlanning: (interrupt) => interrupt() })
    expect([code, calls]).toEqual([130, ['close']])
    expect(err).not.toContain('Plan 72229e4ed11d')
  })
})
