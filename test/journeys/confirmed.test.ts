import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { expectRefusal, expectText, partsOf } from './expect-refusal.ts'
import { addLanguage, configText } from './project.ts'
import { openEmbedded } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

vi.setConfig({ testTimeout: 240_000 })
const first = '20260101000000_first'
let stage: Stage

beforeAll(async () => {
  stage = await openEmbedded()
})
afterAll(() => stage?.close())

async function scene(): Promise<Scene> {
  const found = await stage.project({ tenants: 2 })
  found.migration(first, addLanguage)
  return found
}

/** A client that does not say it talks to an emulator, so that a local server stands in for production. */
function production(found: Scene, kind: 'production' | 'local' = 'production'): NodeJS.ProcessEnv {
  const [host = '', port = ''] = stage.host.split(':')
  const imports = `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const { v1 } = require('@google-cloud/firestore')
const grpc = require('@grpc/grpc-js')
const call = { credentials: { client_email: 'ada@example.invalid', private_key: 'none' } }
const client = new v1.FirestoreClient({ servicePath: '${host}', port: ${port}, sslCreds: grpc.credentials.createInsecure(), fallback: false, projectId: '${found.projectId}', ...call })
`
  found.write('lockstep.config.ts', configText({ project: found.projectId, kind, imports, firestore: ', client' }))
  return { FIRESTORE_EMULATOR_HOST: '' }
}

test('production with nobody to ask is refused with the flag that is needed, and goes with exactly those words', async () => {
  const found = await scene()
  const inProduction: Scene = { ...found, ...found.with(production(found)) }
  const { stderr } = await expectRefusal(inProduction, ['up'], {
    exit: 6,
    code: 'LS-6001',
    place: 'environment production',
    message: /^PRODUCTION/m,
    fix: /lockstep up --cwd .* --confirm production:[0-9a-f]{12}/,
  })
  const words = /--confirm (production:[0-9a-f]{12})/.exec(stderr.replace(/\s+/g, ' '))?.[1] ?? ''
  for (const wrong of ['production', `production:${'0'.repeat(12)}`, words.replace('production', 'staging'), 'yes']) {
    await expectRefusal(inProduction, ['up', '--confirm', wrong], { exit: 6, code: 'LS-6002', fix: words })
  }
  await expectRefusal(inProduction, ['up', '--yes'], { exit: 6, code: 'LS-6001' })
  await inProduction.succeed('up', '--confirm', words)
  await expectRefusal(inProduction, ['down', '--confirm', words], { exit: 6, code: 'LS-6002' })
})

test('down and complete ask everywhere, staging asks for up as well', async () => {
  const found = await scene()
  await found.succeed('up')
  await expectRefusal(found, ['down'], { exit: 6, code: 'LS-6001', fix: /lockstep down --cwd .* --yes/ })
  await expectRefusal(found, ['complete'], { exit: 6, code: 'LS-6001', fix: /lockstep complete --cwd .* --yes/ })
  const other = await scene()
  other.write('lockstep.config.ts', configText({ project: other.projectId, kind: 'staging' }))
  await expectRefusal(other, ['up'], { exit: 6, code: 'LS-6001', place: 'environment staging', fix: '--yes' })
  await other.succeed('up', '--yes')
})

test.each([
  ['production that finds an emulator', 'production', {}, '', 'an emulator is set', 'unset FIRESTORE_EMULATOR_HOST'],
  [
    'local without an emulator',
    'local',
    { FIRESTORE_EMULATOR_HOST: '' },
    '',
    'no emulator is set',
    'start lockstep local',
  ],
  [
    'local with an emulator elsewhere',
    'local',
    { FIRESTORE_EMULATOR_HOST: 'firestore.example.invalid:8080' },
    '',
    'firestore.example.invalid',
    'make the environment staging',
  ],
  [
    'local with Postgres elsewhere',
    'local',
    {},
    'postgres://ada:s3cret@db.example.invalid/app',
    'db.example.invalid',
    'make the environment staging',
  ],
] as const)('%s is refused before anything is opened', async (_, kind, env, url, message, fix) => {
  const found = await scene()
  found.write('lockstep.config.ts', configText({ project: found.projectId, kind, ...(url === '' ? {} : { url }) }))
  const before = await found.snapshot()
  const done = await found.with(env).run('up')
  expect(partsOf(done)).toEqual({ exit: 64, code: 'LS-1005', stdout: '' })
  expectText(done.stderr, { place: `environments.${kind}`, message, fix })
  expect(done.stderr).not.toContain('s3cret')
  expect(await found.snapshot()).toEqual(before)
})

test('local with a client of the app that is no emulator is refused', async () => {
  const found = await scene()
  const env = production(found, 'local')
  const before = await found.snapshot()
  const done = await found.with(env).run('up')
  expect(partsOf(done)).toEqual({ exit: 64, code: 'LS-1005', stdout: '' })
  expectText(done.stderr, { place: 'environments.local', message: 'Firestore would be the real one' })
  expect(await found.snapshot()).toEqual(before)
})
