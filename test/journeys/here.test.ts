import { basename } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { verbs } from '../../src/cli/verbs.ts'
import type { Finished } from '../torture/processes.ts'
import { addLanguage, addLanguageColumn, header } from './project.ts'
import type { Project } from './project.ts'
import { openEmbedded } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

vi.setConfig({ testTimeout: 240_000 })
const first = '20260101000000_first'
let stage: Stage

beforeAll(async () => {
  stage = await openEmbedded()
})
afterAll(() => stage?.close())

/** Those that start stores or other processes are run as such elsewhere. */
const elsewhere = ['local', 'demo']

const story: readonly (readonly string[])[] = [
  ['--version'],
  ['stauts'],
  ['up', '--help'],
  ['explain', 'ttl-conversion'],
  ['init', '--dry-run'],
  ['new', 'second', '--format', 'json'],
  ['doctor'],
  ['lint'],
  ['codegen'],
  ['plan', '--json'],
  ['up', '--to', 'verify'],
  ['up', '--format', 'ndjson'],
  ['verify', '--level', 'full'],
  ['journal'],
  ['down'],
  ['down', '--yes'],
  ['up', '--debug', '--plan', 'none.json'],
  ['up'],
  ['complete', '--yes', '--json'],
  ['status'],
]

/** What each command of the story said, without what no two runs have alike. */
async function told(run: (scene: Scene) => Project['run']): Promise<readonly unknown[]> {
  const scene = await stage.project({ tenants: 2, chats: 1 })
  scene.migration(first, addLanguageColumn, addLanguage)
  const said: unknown[] = []
  for (const words of story) {
    const done = await run(scene)(...words)
    said.push([words, alike(done, scene)])
    // The migration that `new` wrote has no steps yet; the file that is run next was edited by then.
    if (words[0] === 'new') scene.remove(`migrations/${fileIn(done.stdout)}`)
    if (words[0] === 'lint') scene.write(`migrations/${first}.ts`, edited)
  }
  return said
}

const edited = `${header}
export default defineMigration({ summary: 'an edited change', steps: [${addLanguageColumn}, ${addLanguage}] })
`

const fileIn = (stdout: string): string => /\d{14}_second\.ts/.exec(stdout)?.[0] ?? ''

function alike({ code, stdout, stderr }: Finished, { folder, projectId }: Scene): unknown {
  const lines = (text: string): readonly string[] =>
    text
      .replaceAll(folder, 'FOLDER')
      .replaceAll(basename(folder), 'FOLDER')
      .replaceAll(projectId, 'PROJECT')
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?/g, 'TIME')
      .replaceAll(/\d{14}_second/g, 'SECOND')
      .replaceAll(/\b(?=\d*[a-f])[0-9a-f]{8}([0-9a-f]{4})?\b/g, 'ID')
      .replaceAll(/\[\d+:\d\d\]/g, '[AFTER]')
      .replaceAll(/<?\b\d+(\.\d+)? s\b/g, 'SECONDS')
      .replaceAll(/"seconds": ?[\d.e-]+/g, '"seconds":SECONDS')
      // Which group held its locks longest is up to chance.
      .replaceAll(/beginning\s+with\s+\S+,/g, 'beginning with SOME,')
      .split('\n')
      // How often progress is told depends on how long the work takes, what Node adds to a stack on what ran before.
      .filter((line) => !/^\[AFTER\].* %|"type":"progress"|processTicksAndRejections/.test(line))
  return { code, stdout: lines(stdout), stderr: lines(stderr) }
}

test('the story has every verb', () => {
  const named = new Set(story.map(([verb]) => verb))
  expect(verbs.map(({ name }) => name).filter((name) => !named.has(name))).toEqual(elsewhere)
})

test('what journeys run in their own process says and does the same in a process of its own', async () => {
  expect(await told(({ run }) => run)).toEqual(await told(({ apart }) => apart.run))
})
