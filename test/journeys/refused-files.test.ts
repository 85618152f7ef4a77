import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { expectRefusal, expectText, partsOf } from './expect-refusal.ts'
import { addLanguage, header } from './project.ts'
import { openEmbedded } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

const first = '20260101000000_first'
const second = '20260102000000_second'
let stage: Stage
vi.setConfig({ testTimeout: 240_000 })

beforeAll(async () => {
  stage = await openEmbedded()
})
afterAll(() => stage?.close())

async function withMigration(...steps: readonly string[]): Promise<Scene> {
  const scene = await stage.project({ tenants: 3 })
  scene.migration(first, ...steps)
  return scene
}

test('a file that throws while it loads is named with line and column, a caret under the throw', async () => {
  const scene = await stage.project({ tenants: 3 })
  scene.write(
    `migrations/${first}.ts`,
    `${header}\nconst limits = JSON.parse('{"a":1}') as { b?: { c: number } }\nif (limits.b === undefined)   throw new Error('no limits are set')\nexport default defineMigration({ summary: 's', steps: [${addLanguage}] })\n`,
  )
  const place = new RegExp(`migrations/${first}\\.ts:4:37`)
  const { stderr } = await expectRefusal(scene, ['up'], {
    exit: 1,
    code: 'LS-2001',
    place,
    message: 'no limits are set',
    fix: 'mend the file',
  })
  const [, code = '', caret = ''] = /^( {2}4 \| .*)\n( *\| *\^)$/m.exec(stderr) ?? []
  expect(code.slice(caret.indexOf('^'))).toMatch(/^new Error/)
})

test('a syntax error is named with line and column', async () => {
  const scene = await stage.project({ tenants: 3 })
  scene.write(
    `migrations/${first}.ts`,
    `${header}\nexport default defineMigration({\n  summary: 's',\n  steps: [${addLanguage} oops],\n})\n`,
  )
  const { stderr } = await expectRefusal(scene, ['up'], {
    exit: 1,
    code: 'LS-2001',
    place: new RegExp(`migrations/${first}\\.ts:5:\\d+`),
    fix: 'mend the file',
  })
  expect(stderr).toMatch(/^ {2}5 \| .*\n *\| *\^$/m)
})

test.each([
  ['an option that looks like another', ['up', '--concurency', '2'], /--concurency/, /did you mean --concurrency/],
  ['a command that looks like another', ['stauts'], /stauts/, /did you mean status/],
  ['a command like nothing', ['frobnicate'], /frobnicate/, /lockstep --help/],
  ['a word too many', ['status', 'now'], /argument/, /lockstep status --help/],
] as const)('%s is refused before anything is opened', async (_, args, message, fix) => {
  const scene = await withMigration(addLanguage)
  await expectRefusal(scene, args, { exit: 64, code: 'LS-1001', message, fix, place: `lockstep ${args.join(' ')}` })
})

test.each([['abc'], ['0'], ['1.5']])('--concurrency %s is refused', async (value) => {
  const scene = await withMigration(addLanguage)
  await expectRefusal(scene, ['up', '--concurrency', value], { exit: 64, code: 'LS-1007', message: /whole number/ })
})

test('an applied migration may change its comments, not its meaning', async () => {
  const scene = await withMigration(addLanguage)
  await scene.succeed('up')
  const file = scene.migration(first, addLanguage)
  scene.write(
    `migrations/${first}.ts`,
    `// why: the team asked for it\n${readFileSync(file, 'utf8').replaceAll('\n', '\r\n')}`,
  )
  const again = await scene.succeed('up')
  expect(again.stdout).toMatch(/^nothing to do/)
  scene.migration(first, addLanguage.replace("'en'", "'de'"))
  for (const verb of [['up'], ['down', '--yes'], ['complete', '--yes'], ['verify']]) {
    await expectRefusal(scene, verb, { exit: 4, code: 'LS-2003', place: first, fix: 'bring the file back' })
  }
  scene.write(`migrations/${first}.ts`, readFileSync(file, 'utf8').replace("'de'", "'en'"))
  await scene.succeed('down', '--yes')
})

test('the missing file of an open run stops up, and is told by status', async () => {
  const scene = await withMigration(addLanguage)
  await scene.succeed('up', '--to', 'verify')
  scene.remove(`migrations/${first}.ts`)
  await expectRefusal(scene, ['up'], { exit: 4, code: 'LS-2004', place: first, fix: 'bring the file back' })
  await expectRefusal(scene, ['down', '--yes'], { exit: 4, code: 'LS-2004', place: first, fix: 'bring the file back' })
  const status = JSON.parse((await scene.succeed('status', '--json')).stdout) as {
    migrations: { fileMissing: boolean }[]
  }
  expect(status.migrations[0]?.fileMissing).toBe(true)
})

test('a migration older than an applied one is refused, and allowed when asked for', async () => {
  const scene = await stage.project({ tenants: 3 })
  scene.migration(second, addLanguage)
  await scene.succeed('up')
  scene.migration(first, addLanguage.replaceAll('language', 'region'))
  await expectRefusal(scene, ['up'], { exit: 4, code: 'LS-2005', place: first, fix: '--out-of-order', message: second })
  await scene.succeed('up', '--out-of-order')
  const documents = await scene.documents.get(['Whatsapp_Data/user00000/chats/4900000'])
  expect(Object.keys(documents[0]?.fields ?? {}).sort()).toEqual(['language', 'region', 'title', 'unread'])
})

test('a migration nobody knows is refused with the one that was meant', async () => {
  const scene = await withMigration(addLanguage)
  await expectRefusal(scene, ['up', 'first'], { exit: 64, code: 'LS-2006', fix: `did you mean ${first}` })
})

test.each([
  [
    'matches no collection',
    `firestore.addField('Whatsapp_Dat/{uid}/chats/{phone}', { language: 'en' })`,
    'LS-2102',
    /Whatsapp_Dat/,
  ],
  ['names a collection', `firestore.addField('Whatsapp_Data/{uid}/chats', { language: 'en' })`, 'LS-2101', /chats/],
  [
    'is half a placeholder',
    `firestore.addField('Whatsapp_Data/{uid/chats/{phone}', { language: 'en' })`,
    'LS-2101',
    /uid/,
  ],
] as const)('a pattern that %s is refused', async (_, step, code, place) => {
  const scene = await withMigration(step)
  await expectRefusal(scene, ['up'], { exit: 1, code, place, fix: /./ })
  await expectRefusal(scene, ['plan'], { exit: 1, code, place, fix: /./ })
})

test.each([
  [
    'a name over 63 bytes',
    `postgres.addColumn(tenants('user_table'), '${'ä'.repeat(32)}', 'text')`,
    'LS-2105',
    /shorten the name by 1 bytes/,
  ],
  [
    'a column that must have a value and gets none',
    `postgres.addColumn(tenants('user_table'), 'a', 'text', { notNull: true })`,
    'LS-2106',
    /default/,
  ],
  ['a type nobody knows', `postgres.addColumn(tenants('user_table'), 'a', 'txt')`, 'LS-2108', /spelling/],
  [
    'a default of another type',
    `postgres.addColumn(tenants('user_table'), 'a', 'integer', { default: 'many' })`,
    'LS-2108',
    /literal of that type/,
  ],
  ['a table that is not there', `postgres.addColumn('users_of_yore', 'a', 'text')`, 'LS-2107', /as it is stored/],
  [
    'tenant tables nobody configured',
    `postgres.addColumn(tenants('user_tabel'), 'a', 'text')`,
    'LS-2203',
    /known are: user_table/,
  ],
  [
    'a value Firestore cannot hold',
    `firestore.addField('Users/{uid}', { a: Symbol('x') })`,
    'LS-2103',
    /strings, numbers/,
  ],
] as const)('%s is refused', async (_, step, code, fix) => {
  const scene = await withMigration(step)
  await expectRefusal(scene, ['up'], { exit: code === 'LS-2203' ? 64 : 1, code, fix })
})

test('a plan is applied as saved, or refused when the file or the schema moved', async () => {
  const scene = await withMigration(addLanguage, `postgres.addColumn(tenants('user_table'), 'language', 'text')`)
  const plan = join(scene.folder, 'plan.json')
  await scene.succeed('plan', '--out', plan)
  scene.migration(first, addLanguage, `postgres.addColumn(tenants('user_table'), 'language', 'varchar(5)')`)
  await expectRefusal(scene, ['up', '--plan', plan], {
    exit: 4,
    code: 'LS-2301',
    message: 'the migration file changed',
    fix: `lockstep plan ${first} --out FILE`,
  })
  scene.migration(first, addLanguage, `postgres.addColumn(tenants('user_table'), 'language', 'text')`)
  await scene.ask('alter table user_table_' + (await keyOfFirst(scene)) + ' add column other int')
  await expectRefusal(scene, ['up', '--plan', plan], {
    exit: 4,
    code: 'LS-2301',
    message: 'the schema moved',
    fix: `lockstep plan ${first} --out FILE`,
  })
  await scene.ask('alter table user_table_' + (await keyOfFirst(scene)) + ' drop column other')
  await scene.succeed('up', '--plan', plan)
  await expectRefusal(scene, ['up', '--plan', plan], { exit: 1, code: 'LS-4006', place: first })
})

async function keyOfFirst(scene: Scene): Promise<string> {
  return String((await scene.ask("select md5('user00000') as key"))[0]?.['key'])
}

test('a plan file that is none is refused', async () => {
  const scene = await withMigration(addLanguage)
  const none = scene.write('none.json', '{"formatVersion":1}')
  await expectRefusal(scene, ['up', '--plan', none], {
    exit: 64,
    code: 'LS-2302',
    place: 'none.json',
    fix: 'lockstep plan --out FILE',
  })
  await expectRefusal(scene, ['up', '--plan', join(scene.folder, 'absent.json')], {
    exit: 64,
    code: 'LS-2302',
    place: 'absent.json',
    message: 'cannot be read',
  })
})

test('a configuration that is missing, throws or is not valid is refused with its place', async () => {
  const scene = await withMigration(addLanguage)
  const good = readFileSync(join(scene.folder, 'lockstep.config.ts'), 'utf8')
  scene.write('lockstep.config.ts', good.replace("key: 'md5'", "key: 'sha'"))
  await expectRefusal(scene, ['status'], {
    exit: 64,
    code: 'LS-1003',
    place: 'lockstep.config.ts',
    message: /tenants\.key/,
  })
  scene.write('lockstep.config.ts', good.replace('export default', '\n\nundefined.x\nexport default'))
  await expectRefusal(scene, ['status'], { exit: 64, code: 'LS-1003', place: /lockstep\.config\.ts:5:\d+/ })
  scene.remove('lockstep.config.ts')
  await expectRefusal(scene, ['status'], { exit: 64, code: 'LS-1002', fix: 'lockstep init' })
})

test('an environment nobody configured is refused with those that are, and a variable that is not set by its name', async () => {
  const scene = await withMigration(addLanguage)
  await expectRefusal(scene, ['up', '--env', 'prod'], {
    exit: 64,
    code: 'LS-1004',
    fix: '--env with one of: local',
    place: 'lockstep.config.ts',
  })
  const config = readFileSync(join(scene.folder, 'lockstep.config.ts'), 'utf8')
  scene.write('lockstep.config.ts', config.replace('DATABASE_URL', 'NO_SUCH_VARIABLE_HERE'))
  const done = await scene.run('status')
  expect(partsOf(done)).toEqual({ exit: 64, code: 'LS-1003', stdout: '' })
  expectText(done.stderr, {
    message: 'NO_SUCH_VARIABLE_HERE',
    place: 'environments.local.postgres.url',
    fix: 'export NO_SUCH_VARIABLE_HERE',
  })
})
