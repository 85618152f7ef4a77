import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FieldPath, FieldValue, Firestore, Timestamp } from '@google-cloud/firestore'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { phaseDocumentPath, serverSource, watchPhases } from '../../src/client/client.ts'
import type { Phases, Sdk, ShapeConverter } from '../../src/client/client.ts'
import { loadModule } from '../../src/migrations/load-module.ts'
import { configText, createProject } from './project.ts'
import type { Project } from './project.ts'
import { openEmbedded } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

vi.setConfig({ testTimeout: 240_000 })
const root = fileURLToPath(new URL('../..', import.meta.url))
const chats = 'Whatsapp_Data/{uid}/chats/{phone}'
const first = '20260101000000_first'
const rename = `firestore.renameField('${chats}', 'title', 'name')`
const counted = `firestore.convertField('${chats}', 'unread', { from: 'int', to: 'string', strategy: 'beside', as: 'unreadText' })`
const language = `firestore.addField('${chats}', { language: 'en' })`
const custom = `firestore.convertField('Users/{uid}', 'joined', { from: 'string', to: 'timestamp', up: (v) => new Date(v), down: (t) => t.toDate().toISOString() })`
const moved = `firestore.renameCollection('Whatsapp_Data/{uid}', 'whatsapp/{uid}')`

let stage: Stage
beforeAll(async () => {
  stage = await openEmbedded()
})
afterAll(() => stage?.close())

/** A project whose databases nobody can reach. */
async function offline(work: (project: Project) => Promise<void>): Promise<void> {
  const project = createProject({
    FIRESTORE_EMULATOR_HOST: '127.0.0.1:9',
    DATABASE_URL: 'postgres://a:b@127.0.0.1:9/c',
  })
  try {
    project.write('lockstep.config.ts', configText({ project: 'demo-codegen' }))
    await work(project)
  } finally {
    project.close()
  }
}

test('codegen writes what the migrations say, without a database, and --check tells when that is stale', async () => {
  await offline(async (project) => {
    project.migration(first, language)
    const file = join(project.folder, 'lockstep.client.ts')
    const check = await project.run('codegen', '--check')
    expect(check.code).toBe(1)
    expect(check.stdout).toMatch(/^stale {2}.*lockstep\.client\.ts\n$/)
    expect(existsSync(file)).toBe(false)
    expect((await project.succeed('codegen')).stdout).toMatch(/^wrote /)
    const text = readFileSync(file, 'utf8')
    expect((await project.succeed('codegen')).stdout).toMatch(/^fresh /)
    writeFileSync(file, text.replaceAll('\n', '\r\n'))
    await project.succeed('codegen', '--check')
    project.migration('20260102000000_second', rename)
    expect((await project.run('codegen', '--check')).code).toBe(1)
    expect(readFileSync(file, 'utf8').replaceAll('\r\n', '\n')).toBe(text)
    await project.succeed('codegen', '--out', join(project.folder, 'src/documents.ts'))
    expect(readFileSync(join(project.folder, 'src/documents.ts'), 'utf8')).toContain("to: ['name']")
    expect((await project.run('codegen', '--out', join(project.folder, 'lockstep.config.ts/x.ts'))).code).toBe(64)
  })
})

const app = `import { Firestore, FieldValue, FieldPath, Timestamp } from '@google-cloud/firestore'
import { fixedPhases, phaseDocumentPath, serverSource, watchPhases } from 'lockstep/client'
import { createUsersConverter, createWhatsappChatsConverter, whatsappChatsCollection, whatsappChatsPaths } from './lockstep.client.js'

const db = new Firestore()
const sdk = { deleteField: () => FieldValue.delete(), Timestamp, FieldPath }
const phases = watchPhases(serverSource(db.doc(phaseDocumentPath)))
const chats = createWhatsappChatsConverter<{ lastMessage: string }>(phases, sdk)
const users = createUsersConverter(fixedPhases({}), sdk, {
  functions: { conversions: { joined: { up: (text: string) => new Date(text), down: (time) => time.toDate().toISOString() } } },
})
export async function run(): Promise<void> {
  const ref = db.collection(whatsappChatsCollection(phases, 'whatsapp/u/chats')).withConverter(chats)
  const chat = (await ref.doc('1').get()).data()
  const texts: readonly (string | undefined)[] = [chat?.language, chat?.lastMessage]
  await db.doc(whatsappChatsPaths(phases, 'whatsapp/u/chats/1').write[0] ?? '').update(chats.update({ language: texts[0] }))
  await ref.doc('1').update(...chats.updateArguments([['a.b'], 1]))
  const joined = (await db.doc('Users/u').withConverter(users).get()).data()?.joined
  // @ts-expect-error a timestamp is no string
  const wrong: string | undefined = joined
  // @ts-expect-error the chats have no such field
  void [wrong, chat?.color]
}
// @ts-expect-error the function of the migration is missing
createUsersConverter(phases, sdk)
`

test('what codegen writes compiles strictly, with the converters of an SDK', async () => {
  await offline(async (project) => {
    project.migration(first, language, custom, rename)
    project.migration('20260102000000_second', moved)
    await project.succeed('codegen')
    project.write('app.ts', app)
    const options = {
      target: 'ES2023',
      module: 'NodeNext',
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noUnusedLocals: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
      paths: { 'lockstep/client': [join(root, 'dist/client/client.d.ts')] },
    }
    project.write('package.json', '{ "type": "module" }')
    project.write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['app.ts'] }))
    const { stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', project.folder],
      {
        encoding: 'utf8',
      },
    )
    expect(stdout).toBe('')
  })
})

interface Clients {
  readonly firestore: Firestore
  /** A release that knows the newest shape: the generated converter with the phases of the moment. */
  newest(): Promise<{ readonly converter: ShapeConverter<Readonly<Record<string, unknown>>>; readonly phases: Phases }>
}

async function clientsOf(scene: Scene): Promise<Clients> {
  const [host = '', port = ''] = stage.host.split(':')
  const firestore = new Firestore({ projectId: scene.projectId, host, port: Number(port), ssl: false })
  const file = scene.write('lockstep.client.ts', '')
  rmSync(file)
  await scene.succeed('codegen')
  scene.write('pick.ts', `export { createWhatsappDataChatsConverter as default } from './lockstep.client.ts'\n`)
  const provided = { 'lockstep/client': await import('../../src/client/client.ts') }
  const create = (await loadModule(join(scene.folder, 'pick.ts'), provided)) as (
    phases: Phases,
    sdk: Sdk,
  ) => ShapeConverter<Readonly<Record<string, unknown>>>
  return {
    firestore,
    async newest() {
      const phases = watchPhases(serverSource(firestore.doc(phaseDocumentPath)))
      await phases.ready
      phases.close()
      return { phases, converter: create(phases, { deleteField: () => FieldValue.delete(), Timestamp, FieldPath }) }
    },
  }
}

test('two releases of an app share the documents through up, soak, down, up and complete', async () => {
  const scene = await stage.project({ tenants: 2, chats: 6 })
  scene.migration(first, rename, counted, language)
  const { firestore, newest } = await clientsOf(scene)
  const plain = firestore.collection('Whatsapp_Data/user00000/chats')
  const wanted = new Map<string, { name: string; unread: number }>()
  for (let chat = 0; chat < 6; chat++) wanted.set(String(4_900_000 + chat), { name: `Chat ${chat}`, unread: chat })
  let count = 100
  const ids = [...wanted.keys()]
  const [a = '', b = '', c = '', d = '', e = ''] = ids

  /** Each release writes in each of its ways, then both read everything. */
  const live = async (isOldAlive: boolean): Promise<void> => {
    const { converter } = await newest()
    const typed = plain.withConverter(converter)
    const said = (id: string): { name: string; unread: number } => {
      const value = { name: `Said ${++count}`, unread: count }
      wanted.set(id, value)
      return value
    }
    const shown = ({ name, unread }: { name: string; unread: number }) => ({
      name,
      unreadText: String(unread),
      language: 'en',
    })
    await typed.doc(a).set(shown(said(a)))
    await plain.doc(b).update(converter.update(shown(said(b))))
    if (isOldAlive) {
      const [one, two] = [said(c), said(d)]
      await plain.doc(c).set({ title: one.name, unread: one.unread })
      await plain.doc(d).update({ title: two.name, unread: two.unread })
      // What an old release reads whole, it sets whole: also what it has not changed.
      const { title, unread } = (await plain.doc(e).get()).data() as { title: string; unread: number }
      await plain.doc(e).set({ title, unread })
    }
    for (const [id, value] of wanted) {
      expect((await typed.doc(id).get()).data(), id).toEqual(shown(value))
      if (!isOldAlive) continue
      const old = (await plain.doc(id).get()).data()
      expect({ name: old?.['title'] as unknown, unread: old?.['unread'] as unknown }, id).toEqual(value)
    }
  }
  const commands = [['up', '--to', 'verify'], ['up'], ['down', '--yes'], ['up']] as const
  try {
    await live(true)
    for (const command of commands) {
      await scene.succeed(...command)
      await live(true)
    }
    await scene.succeed('complete', '--yes')
    await live(false)
    const stored = (await plain.get()).docs.map((snapshot) => Object.keys(snapshot.data()).sort())
    expect(stored).toEqual(ids.map(() => ['language', 'name', 'unreadText']))
  } finally {
    await firestore.terminate()
  }
})
