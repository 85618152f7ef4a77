import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Running } from '../torture/processes.ts'
import { expectText, partsOf } from './expect-refusal.ts'
import { addLanguage, addLanguageColumn, configText } from './project.ts'
import { openEmbedded } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

vi.setConfig({ testTimeout: 240_000 })
const first = '20260101000000_first'
let stage: Stage

beforeAll(async () => {
  stage = await openEmbedded()
})
afterAll(() => stage?.close())

/** A project whose run waits in the backfill, because it may write so little a second. */
async function slowScene(): Promise<Scene> {
  const scene = await stage.project({ tenants: 8, chats: 5 }, { settings: ', limits: { writesPerSecond: 1 }' })
  scene.migration(first, addLanguageColumn, addLanguage)
  return scene
}

const hurry = (scene: Scene): string => scene.write('lockstep.config.ts', configText({ project: scene.projectId }))

async function inBackfill(scene: Scene): Promise<Running> {
  const running = scene.start('up', '--format', 'ndjson')
  await running.printed('"type":"shard-started","step":1,"phase":"backfill"')
  return running
}

/** What the app sees: documents without their versions, tables without Lockstep's. */
async function appView({ ask, documents }: Scene): Promise<unknown> {
  const chats: unknown[] = []
  for await (const { name, fields } of documents.scan({ parent: '', collection: 'chats', descendants: true }, {}))
    chats.push({ name, fields })
  const columns = await ask(
    "select attrelid::regclass::text as name, attname from pg_attribute where attrelid::regclass::text like 'user_table_%' and attnum > 0 and not attisdropped order by 1, 2",
  )
  return { chats, columns }
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s on up pauses it cleanly; up goes on and ends like an uninterrupted run',
  async (signal) => {
    const scene = await slowScene()
    const running = await inBackfill(scene)
    running.child.kill(signal)
    const done = await running.finished
    expect(partsOf({ ...done, stdout: '' })).toEqual({ exit: 130, code: 'LS-4007', stdout: '' })
    expectText(done.stderr, {
      message: 'finishing the current page, then pausing',
      fix: 'lockstep up goes on from here',
    })
    const paused = JSON.parse((await scene.succeed('status', '--json')).stdout) as {
      migrations: unknown[]
      next: string
    }
    expect(paused).toMatchObject({
      migrations: [{ state: 'paused', phase: 'backfill', next: 'lockstep up' }],
      next: 'lockstep up',
    })
    expect(await scene.ask('select owner from lockstep.runs')).toEqual([{ owner: null }])
    hurry(scene)
    await scene.succeed('up')
    await scene.succeed('verify', '--level', 'full')
    const interrupted = await appView(scene)
    const other = await stage.project({ tenants: 8, chats: 5 })
    other.migration(first, addLanguageColumn, addLanguage)
    await other.succeed('up')
    expect(interrupted).toEqual(await appView(other))
  },
)

test('a second up while one runs ends with 7, names the holder, and does not disturb it', async () => {
  const scene = await slowScene()
  const running = await inBackfill(scene)
  const second = await scene.run('up')
  expect(partsOf(second)).toEqual({ exit: 7, code: 'LS-4001', stdout: '' })
  expectText(second.stderr, {
    place: first,
    message: new RegExp(`process ${running.child.pid}\\b`),
    fix: 'wait for it to end',
  })
  const json = await scene.run('down', '--yes', '--json')
  expect(json.code).toBe(7)
  expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'LS-4001', where: { name: first } } })
  running.child.kill('SIGINT')
  expect((await running.finished).code).toBe(130)
  expect(await scene.ask('select count(*)::int as runs from lockstep.runs')).toEqual([{ runs: 1 }])
})

test('of two starters at once exactly one runs', async () => {
  const scene = await slowScene()
  const both = [scene.start('up'), scene.start('up')]
  const quick = await Promise.race(both.map(({ finished }) => finished))
  expect(partsOf(quick), quick.stderr).toEqual({ exit: 7, code: 'LS-4001', stdout: '' })
  for (const { child } of both) child.kill('SIGINT')
  expect((await Promise.all(both.map(({ finished }) => finished))).map(({ code }) => code).sort()).toEqual([130, 7])
  expect(await scene.ask('select count(*)::int as runs from lockstep.runs')).toEqual([{ runs: 1 }])
  hurry(scene)
  await scene.succeed('up')
})

test('a runner that was killed is taken over at once on the same host', async () => {
  const scene = await slowScene()
  const running = await inBackfill(scene)
  running.child.kill('SIGKILL')
  await running.finished
  const [held] = await scene.ask(
    'select owner is not null and lease_until > clock_timestamp() as held from lockstep.runs',
  )
  const [shard] = await scene.ask(
    "select id, lease_until > clock_timestamp() as held from lockstep.shards where state = 'running'",
  )
  expect([held?.['held'], shard?.['held']]).toEqual([true, true])
  hurry(scene)
  await scene.succeed('up')
  // Waited for, the lease of the shard would have ended before the next attempt began.
  const [taken] = await scene.ask(
    "select s.ended_at < e.at + interval '15 s' as at_once from lockstep.shards s, lockstep.events e where s.id = $1 and e.type = 'run-resumed'",
    [shard?.['id']],
  )
  expect(taken).toEqual({ at_once: true })
})

test('--to verify stops before the cutover, and a later up switches', async () => {
  const scene = await stage.project({ tenants: 3, chats: 2 })
  scene.migration(first, addLanguageColumn, addLanguage)
  await scene.succeed('up', '--to', 'verify')
  const row = async (): Promise<unknown> =>
    (JSON.parse((await scene.succeed('status', '--json')).stdout) as { migrations: unknown[] }).migrations[0]
  expect(await row()).toMatchObject({ state: 'paused', phase: 'cutover' })
  expect(await scene.ask("select count(*)::int as n from lockstep.events where type = 'switched'")).toEqual([{ n: 0 }])
  const again = await scene.succeed('up', '--to', 'verify')
  expect(again.stderr).toContain('waits before its cutover')
  await scene.succeed('up')
  expect(await row()).toMatchObject({ state: 'soaking' })
  expect(await scene.ask("select count(*)::int as n from lockstep.events where type = 'switched'")).toEqual([{ n: 1 }])
})
