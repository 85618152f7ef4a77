import { expect, test } from 'vitest'
import { runCli } from '../../test/cli/fake-world.ts'
import type { Scene } from '../../test/cli/fake-world.ts'
import { rowOf } from '../../test/cli/fixtures.ts'
import type { Kind } from '../../test/cli/fixtures.ts'

const id = '20261101000000_language'
const scenes = {
  up: { rows: [rowOf(id)] },
  down: { rows: [rowOf(id, { state: 'soaking', run: 'a1b2c3d4', phase: 'cutover' })] },
  complete: { rows: [rowOf(id, { state: 'soaking', run: 'a1b2c3d4', phase: 'cutover' })] },
} as const satisfies Record<string, Scene>

const words = (verb: keyof typeof scenes, kind: Kind): string =>
  `${kind}:${verb === 'up' ? '72229e4ed11d' : 'a1b2c3d4'}`

/** Verb, target, flags ("WORDS" stands for those that confirm), what is typed (undefined: no terminal), exit code. */
const matrix: readonly (readonly [
  verb: keyof typeof scenes,
  kind: Kind,
  flags: string,
  typed: string | undefined,
  code: number,
])[] = [
  ['up', 'local', '', undefined, 0],
  ['up', 'local', '--confirm local:wrong', undefined, 6],
  ['up', 'staging', '', undefined, 6],
  ['up', 'staging', '--yes', undefined, 0],
  ['up', 'staging', '--confirm WORDS', undefined, 0],
  ['up', 'staging', '--yes --confirm staging:wrong', undefined, 6],
  ['up', 'staging', '', 'yes', 0],
  ['up', 'staging', '', 'y', 0],
  ['up', 'staging', '', 'no', 6],
  ['up', 'staging', '', '', 6],
  ['up', 'production', '', undefined, 6],
  ['up', 'production', '--yes', undefined, 6],
  ['up', 'production', '--confirm WORDS', undefined, 0],
  ['up', 'production', '--confirm production:000000000000', undefined, 6],
  ['up', 'production', '--confirm staging:72229e4ed11d', undefined, 6],
  ['up', 'production', '', 'WORDS', 0],
  ['up', 'production', '', 'yes', 6],
  ['up', 'production', '--yes', 'yes', 6],
  ['down', 'local', '', undefined, 6],
  ['down', 'local', '--yes', undefined, 0],
  ['down', 'local', '', 'yes', 0],
  ['down', 'staging', '--yes', undefined, 0],
  ['down', 'production', '--yes', undefined, 6],
  ['down', 'production', '--confirm WORDS', undefined, 0],
  ['down', 'production', '', 'WORDS', 0],
  ['complete', 'local', '', undefined, 6],
  ['complete', 'local', '--yes', undefined, 0],
  ['complete', 'production', '--yes', undefined, 6],
  ['complete', 'production', '--confirm WORDS', undefined, 0],
]

test.each(matrix)('%s on %s with "%s", typed %s: %i', async (...row) => {
  const [verb, kind, flags, typed, code] = row
  const put = (text: string): string => text.replace('WORDS', words(verb, kind))
  const scene: Scene = { ...scenes[verb], kind, ...(typed === undefined ? {} : { typed: put(typed) }) }
  const outcome = await runCli([verb, ...put(flags).split(' ').filter(Boolean)], scene)
  expect({ code: outcome.code, err: outcome.err }).toEqual({ code, err: outcome.err })
  expect(outcome.calls.filter((call) => call.startsWith(verb === 'up' ? 'start' : verb))).toHaveLength(
    code === 0 ? 1 : 0,
  )
})

test('without a terminal the flag that is needed is printed, in the command as it was typed', async () => {
  const { err } = await runCli(
    ['up', '--confirm=', '--to', 'verify'].filter((word) => word !== '--confirm='),
    { ...scenes.up, kind: 'production' },
  )
  expect(err).toContain('error[LS-6001]')
  expect(err).toContain('fix  lockstep up --to verify --confirm production:72229e4ed11d')
  expect((await runCli(['down'], scenes.down)).err).toContain('fix  lockstep down --yes')
})

test('words that do not match are another error than none', async () => {
  const { err } = await runCli(['up', '--confirm', 'production:old'], { ...scenes.up, kind: 'production' })
  expect(err).toContain('error[LS-6002]')
})

test('the plan is shown before the question', async () => {
  const { err } = await runCli(['up'], { ...scenes.up, kind: 'staging', typed: 'no' })
  expect(err.indexOf('Plan 72229e4ed11d')).toBeGreaterThan(-1)
  expect(err.indexOf('Plan 72229e4ed11d')).toBeLessThan(err.indexOf('yes or no'))
})

test('input that ends at the question refuses', async () => {
  const { code, err, calls } = await runCli(['up'], { ...scenes.up, kind: 'staging', typed: undefined, tty: true })
  expect([code, calls]).toEqual([6, ['close']])
  expect(err).toContain('the input ended before an answer came')
})

test('a build machine is never asked, whatever its streams are', async () => {
  const { code, err } = await runCli(['up'], { ...scenes.up, kind: 'staging', typed: 'yes', env: { CI: 'true' } })
  expect(code).toBe(6)
  expect(err).not.toContain('yes or no:')
})

test('words that confirmed one plan do not confirm the next', async () => {
  const rows = [rowOf(id), rowOf('20261102000000_next')]
  const { code, calls } = await runCli(['up', '--confirm', 'production:72229e4ed11d'], { kind: 'production', rows })
  expect([code, calls]).toEqual([6, [`start ${id} cutover`, 'close']])
})

test('to go on with a run needs no second yes', async () => {
  const rows = [rowOf(id, { state: 'paused', phase: 'backfill', run: 'r' })]
  expect(await runCli(['up'], { kind: 'production', rows })).toMatchObject({
    code: 0,
    calls: [`resume ${id} cutover`, 'close'],
  })
})

test('the answer may come from a variable', async () => {
  expect((await runCli(['up'], { ...scenes.up, kind: 'staging', env: { LOCKSTEP_YES: '1' } })).code).toBe(0)
  expect((await runCli(['up'], { ...scenes.up, kind: 'staging', env: { LOCKSTEP_YES: 'perhaps' } })).code).toBe(64)
})
