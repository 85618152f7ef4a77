import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { verbs } from '../../src/cli/verbs.ts'
import { addLanguage, addLanguageColumn, configText } from './project.ts'
import { openEmbedded } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

vi.setConfig({ testTimeout: 240_000 })
const first = '20260101000000_first'
const folder = fileURLToPath(new URL('../../schemas', import.meta.url))
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
const schemas = new Map(
  readdirSync(folder).map((file) => [
    file.replace('.schema.json', ''),
    ajv.compile(JSON.parse(readFileSync(join(folder, file), 'utf8')) as object),
  ]),
)
let stage: Stage

beforeAll(async () => {
  stage = await openEmbedded()
})
afterAll(() => stage?.close())

function schema(name: string): ValidateFunction {
  const found = schemas.get(name)
  if (found === undefined) throw new Error(`no schema ${name}`)
  return found
}

/** All of stdout is one document of that schema; without any one of its own properties it would be none. */
function expectDocument(stdout: string, name: string): Record<string, unknown> {
  const value = JSON.parse(stdout) as Record<string, unknown>
  const validate = schema(name)
  expect(validate(value), `${name}: ${ajv.errorsText(validate.errors)}`).toBe(true)
  for (const property of Object.keys(value)) {
    const { [property]: _, ...less } = value
    expect(validate(less), `${name} without ${property}`).toBe(false)
  }
  return value
}

async function scene(): Promise<Scene> {
  const found = await stage.project({ tenants: 3 })
  found.migration(first, addLanguageColumn, addLanguage)
  return found
}

test('every verb prints one document of its published schema, and nothing else, from plan to complete', async () => {
  const found = await scene()
  const said = async (name: string, ...args: readonly string[]): Promise<Record<string, unknown>> =>
    expectDocument((await found.succeed(...args, '--json')).stdout, name)
  await said('doctor', 'doctor')
  await said('status', 'status')
  await said('lint', 'lint')
  expect((await said('plan', 'plan'))['id']).toMatch(/^[0-9a-f]{12}$/)
  await said('plan', 'up', '--dry-run')
  await said('summary', 'up', '--to', 'verify')
  await said('summary', 'up')
  expect((await found.succeed('plan', '--json')).stdout).toBe('null\n')
  expect(await said('verify', 'verify', '--level', 'full')).toMatchObject({ ok: true })
  await said('journal', 'journal')
  await said('summary', 'down', '--yes')
  await said('journal', 'journal')
  await said('summary', 'up')
  await said('summary', 'complete', '--yes')
  await said('status', 'status')
  await said('summary', 'up')
})

test('every line of ndjson is an event of the published schema', async () => {
  const found = await scene()
  for (const verb of [['up'], ['down', '--yes'], ['up'], ['complete', '--yes']]) {
    const { stdout } = await found.succeed(...verb, '--format', 'ndjson')
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string })
    const validate = schema('events')
    for (const line of lines)
      expect(validate(line), `${JSON.stringify(line)}: ${ajv.errorsText(validate.errors)}`).toBe(true)
    expect([lines[0]?.type, lines.at(-1)?.type]).toEqual(['version', 'summary'])
  }
  expect(schema('events')({ type: 'unheard-of' })).toBe(false)
})

test('a verification that finds something is still a document, and ends with 5', async () => {
  const found = await scene()
  await found.succeed('up')
  await found.ask(
    `alter table ${String((await found.ask(`select 'user_table_' || md5('user00001') as t`))[0]?.['t'])} drop column language`,
  )
  const done = await found.run('verify', '--json')
  expect(done.code).toBe(5)
  expect(expectDocument(done.stdout, 'verify')).toMatchObject({ ok: false })
})

const failing = verbs
  .filter(
    ({ formats, name }) => formats.includes('json') && !['init', 'new', 'local', 'doctor', 'explain'].includes(name),
  )
  .map(({ name }) => name)

test.each(failing)('%s --json that fails prints one error document and nothing else', async (verb) => {
  const found = await scene()
  const typo = await found.run(verb, '--json', '--no-such-option')
  expect(expectDocument(typo.stdout, 'error')).toMatchObject({ error: { code: 'LS-1001' } })
  found.write('lockstep.config.ts', configText({ project: found.projectId }).replace("key: 'md5'", 'key: 5'))
  const invalid = await found.run(verb, '--json')
  expect(expectDocument(invalid.stdout, 'error')).toMatchObject({
    error: { code: 'LS-1003', where: { file: join(found.folder, 'lockstep.config.ts') } },
  })
  expect([typo.code, invalid.code]).toEqual([64, 64])
})

test('doctor --json tells what is wrong in its own document', async () => {
  const found = await scene()
  found.remove('lockstep.config.ts')
  const done = await found.run('doctor', '--json')
  expect(done.code).toBe(1)
  expect(expectDocument(done.stdout, 'doctor')).toMatchObject({ ok: false })
})

test.each([['new'], ['new', 'Bad Name'], ['init', 'now'], ['explain', 'no-such-rule'], ['local', '--pg-port', 'x']])(
  '%s %s --json that fails prints one error document',
  async (...words) => {
    const found = await scene()
    const done = await found.run(...words, '--json')
    expect(expectDocument(done.stdout, 'error')['error']).toMatchObject({
      code: expect.stringMatching(/^LS-1/) as string,
    })
    expect(done.code).toBe(64)
  },
)
