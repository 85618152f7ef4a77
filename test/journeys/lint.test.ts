import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createMigrator } from '../../src/migrator.ts'
import { lintForm } from '../../src/report/lint.ts'
import { expectRefusal } from './expect-refusal.ts'
import { addLanguage, addLanguageColumn, configText, createProject, header } from './project.ts'
import type { Project } from './project.ts'
import { openEmbedded } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

vi.setConfig({ testTimeout: 240_000 })
const first = '20260101000000_first'
const queried = addLanguage.replace(' })', ' }, { queried: true })')
const expired = `firestore.addField('Whatsapp_Data/{uid}/chats/{phone}', { endsAt: new Date(0) })`
const expiring = JSON.stringify({ fieldOverrides: [{ collectionGroup: 'chats', fieldPath: 'endsAt', ttl: true }] })
let stage: Stage

beforeAll(async () => {
  stage = await openEmbedded()
})
afterAll(() => stage?.close())

/** A project whose databases nobody can reach. */
async function offline(work: (project: Project) => Promise<void>): Promise<void> {
  const nowhere = '127.0.0.1:9'
  const project = createProject({ FIRESTORE_EMULATOR_HOST: nowhere, DATABASE_URL: `postgres://a:b@${nowhere}/c` })
  try {
    project.write('lockstep.config.ts', configText({ project: 'demo-lint' }))
    project.write('firestore.indexes.json', expiring)
    await work(project)
  } finally {
    project.close()
  }
}

async function scene(...steps: readonly string[]): Promise<Scene> {
  const found = await stage.project({ tenants: 3 })
  found.write('firestore.indexes.json', expiring)
  found.migration(first, ...steps)
  return found
}

test('lint needs no database, and ends with 3 only for errors', () =>
  offline(async (project) => {
    project.migration(first, addLanguageColumn, queried)
    expect(await project.run('lint')).toMatchObject({ code: 0, stderr: '' })
    expect((await project.run('lint', '--strict')).code).toBe(3)
    project.migration(first, addLanguageColumn, expired)
    const done = await project.run('lint', first)
    expect(done).toMatchObject({ code: 3, stderr: '' })
    expect(done.stdout).toMatch(/^error\[ttl-conversion\] step 2 \(addField\)/)
    expect(done.stdout).toContain(`/migrations/${first}.ts:7:`)
    expect((await project.run('status')).code).toBe(1)
  }))

test('every format holds the same finding, and stdout nothing else', () =>
  offline(async (project) => {
    project.migration(first, expired)
    const said = async (format: string): Promise<string> => {
      const checkout = project.with({ GITHUB_WORKSPACE: project.folder })
      const { code, stdout, stderr } = await checkout.run('lint', '--format', format)
      expect({ code, stderr }).toEqual({ code: 3, stderr: '' })
      return stdout
    }
    expect(lintForm.parse(JSON.parse(await said('json')))).toMatchObject({ ok: false, findings: [{ step: 0 }] })
    expect(await said('github')).toMatch(/^::error title=ttl-conversion,file=migrations\/\S+,line=6,col=\d+::.*\n$/)
    expect(JSON.parse(await said('sarif'))).toMatchObject({
      version: '2.1.0',
      runs: [{ results: [{ level: 'error' }] }],
    })
  }))

test('plan tells what lint found, and up refuses an error before it writes', async () => {
  const found = await scene(expired)
  const planned = JSON.parse((await found.succeed('plan', '--json')).stdout) as { steps: { warnings: unknown[] }[] }
  expect(planned.steps[0]?.warnings).toMatchObject([
    { code: 'ttl-conversion', message: expect.stringContaining('up refuses this unless it is accepted') as string },
  ])
  await expectRefusal(found, ['up'], {
    exit: 3,
    code: 'LS-2501',
    place: `migrations/${first}.ts:6:`,
    message: '(ttl-conversion)',
    fix: 'lockstep up --allow ttl-conversion',
  })
  const plan = found.write('plan.json', JSON.stringify(planned))
  await expectRefusal(found, ['up', '--plan', plan], { exit: 3, code: 'LS-2501' })
  await expectRefusal(found, ['up', '--allow', 'ttl'], {
    exit: 64,
    code: 'LS-1007',
    fix: /known are: .*ttl-conversion/,
  })
  const { folder, env } = found
  const migrator = await createMigrator({ folder, env: { ...process.env, ...env } })
  try {
    const planned = await migrator.plan(first)
    await expect(migrator.start(planned)).rejects.toMatchObject({ code: 'LS-2501' })
    await expect(migrator.start(planned, 'cutover', ['ttl'])).rejects.toMatchObject({ code: 'LS-1007' })
    expect((await migrator.status()).migrations).toMatchObject([{ state: 'pending', run: null }])
  } finally {
    await migrator.close()
  }
  await found.succeed('up', '--allow', 'ttl-conversion')
})

test('a migration that accepts the rule with a reason goes up, and the reason is part of what was applied', async () => {
  const found = await scene(addLanguage)
  const text = (reason: string): string =>
    `${header}\nexport default defineMigration({ summary: 's', steps: [${expired}], allow: { 'ttl-conversion': '${reason}' } })\n`
  found.write(`migrations/${first}.ts`, text('they are to go'))
  expect((await found.succeed('plan')).stdout).not.toContain('ttl-conversion')
  expect((await found.succeed('lint', '--strict')).stdout).toContain('because  they are to go')
  await found.succeed('up')
  found.write(`migrations/${first}.ts`, text('they may stay'))
  await expectRefusal(found, ['up'], { exit: 4, code: 'LS-2003', place: first })
})

test('a warning stops nothing', async () => {
  const found = await scene(queried)
  expect((await found.succeed('plan')).stdout).toContain('! queried-field-without-index')
  await found.succeed('up')
})
