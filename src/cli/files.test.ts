import { templateKinds } from './migration-template.ts'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCli } from '../../test/cli/fake-world.ts'
import { operations } from '../operations/catalogue.ts'
import { provided } from '../authoring.ts'
import { loadConfig } from '../config.ts'
import { listMigrations, loadMigration } from '../migrations/load-migrations.ts'
import { saveFile } from './save-file.ts'
import { maskUrl } from './settings-shown.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-init-'))
  mkdirSync(join(folder, '.git'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

const inFolder = (...argv: readonly string[]): ReturnType<typeof runCli> => runCli([...argv, '--cwd', folder])

test('init writes a configuration that loads, and a second time nothing', async () => {
  const { code, out } = await inFolder('init')
  expect([code, out]).toEqual([0, 'wrote   lockstep.config.ts\nwrote   migrations/\nwrote   .gitignore\n'])
  const { config } = await loadConfig({ folder, provided })
  expect(Object.keys(config.environments)).toEqual(['local', 'production'])
  const before = readFileSync(join(folder, '.gitignore'), 'utf8')
  expect((await inFolder('init')).out).not.toContain('wrote')
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe(before)
})

test('init overwrites nothing and keeps what .gitignore has', async () => {
  writeFileSync(join(folder, 'lockstep.config.js'), '// mine')
  writeFileSync(join(folder, '.gitignore'), 'node_modules')
  await inFolder('init')
  expect(existsSync(join(folder, 'lockstep.config.ts'))).toBe(false)
  expect(readFileSync(join(folder, 'lockstep.config.js'), 'utf8')).toBe('// mine')
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toMatch(/^node_modules\n\.lockstep\/\n/)
})

test('init --dry-run writes nothing and shows what it would write', async () => {
  const { out } = await inFolder('init', '--dry-run')
  expect(out).toContain('would write  lockstep.config.ts\n  | import { defineConfig }')
  expect(readdirSync(folder)).toEqual(['.git'])
})

test('init finds projects and names of variables, never their values', async () => {
  writeFileSync(join(folder, '.firebaserc'), '{ "projects": { "default": "shop-live" } }')
  writeFileSync(
    join(folder, 'firebase.json'),
    '{ /* emulators */ "firestore": [{ "database": "main", "rules": "r" }] } // end',
  )
  writeFileSync(join(folder, '.env.local'), 'SUPABASE_DB_URL=postgres://u:hunter2@db/x\n')
  mkdirSync(join(folder, 'supabase'))
  writeFileSync(join(folder, 'supabase/config.toml'), '')
  const { err, out } = await inFolder('init')
  const { config } = await loadConfig({ folder, provided })
  expect(config.environments['production']).toMatchObject({
    firestore: { projectId: 'shop-live', databaseId: 'main' },
    postgres: { url: { env: 'SUPABASE_DB_URL' } },
  })
  expect(err).toContain('the variable SUPABASE_DB_URL in .env.local')
  expect(err + out + readFileSync(join(folder, 'lockstep.config.ts'), 'utf8')).not.toContain('hunter2')
})

test('init is not led astray by files that cannot be read', async () => {
  writeFileSync(join(folder, '.firebaserc'), '{ broken')
  writeFileSync(join(folder, 'firebase.json'), '[]')
  expect((await inFolder('init')).code).toBe(0)
})

test.each(templateKinds.filter((kind) => kind !== 'empty'))(
  'new --kind %s writes a migration that loads',
  async (kind) => {
    await inFolder('init')
    const { out, code } = await inFolder('new', 'chats_language', '--kind', kind)
    expect([code, out.trim()]).toEqual([0, expect.stringMatching(/migrations\/\d{14}_chats_language\.ts$/)])
    const [file] = listMigrations(join(folder, 'migrations'))
    const migration = await loadMigration(file!, { root: folder, provided, operations })
    expect(migration).toMatchObject({ summary: 'Chats language', steps: [{ kind }] })
  },
)

test('new names a better slug for a bad one', async () => {
  const { code, err } = await inFolder('new', 'Chats: Language!')
  expect(code).toBe(64)
  expect(err).toContain('lockstep new chats_language')
})

test('a saved file is whole and private, and a failure leaves nothing behind', () => {
  const file = saveFile(folder, 'plan.json', 'text')
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['text', 0o600])
  mkdirSync(join(folder, 'taken'))
  expect(() => saveFile(folder, 'taken', 'text')).toThrow('taken cannot be written')
  expect(readdirSync(folder).sort()).toEqual(['.git', 'plan.json', 'taken'])
})

test('a URL is shown without what is secret in it', () => {
  expect(maskUrl('postgres://ada:hunter2@db.example.org:5432/shop?sslmode=require&password=hunter2')).toBe(
    'postgres://ada:***@db.example.org:5432/shop?sslmode=***&password=***',
  )
  expect(maskUrl('host=db password=hunter2')).toBe('***')
})

test('doctor shows each setting with its origin, no secret, and what is wrong', async () => {
  await inFolder('init')
  const env = { DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:5432/shop' }
  const { code, out, err } = await runCli(['doctor', '--cwd', folder], { env })
  expect(out).toContain('postgres://ada:***@127.0.0.1:5432/shop')
  expect(out).toContain('(DATABASE_URL)')
  expect(out + err).not.toContain('hunter2')
  expect(out).toMatch(/ok +@google-cloud\/firestore: @google-cloud\/firestore \d/)
  expect(out).toContain('PROBLEM  stores')
  expect(code).toBe(1)
})
