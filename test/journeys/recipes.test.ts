import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { seedFirestore } from '../../examples/chatmimic-connect/seed/seed-firestore.ts'
import type { DocumentReader, Fields } from '../../src/stores/documents.ts'
import { openEmbedded } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

const folder = fileURLToPath(new URL('../../examples/chatmimic-connect/recipes', import.meta.url))
const onTables = (file: string): boolean => readFileSync(join(folder, file), 'utf8').includes('postgres.')
const recipes = readdirSync(folder)
  .filter((file) => !onTables(file))
  .map((file) => file.replace(/\.ts$/, ''))

let stage: Stage
beforeAll(async () => {
  stage = await openEmbedded()
})
afterAll(() => stage?.close())

/** Every document of the app, each value as the store keeps it. */
async function picture(documents: DocumentReader): Promise<Readonly<Record<string, Fields>>> {
  const found: Record<string, Fields> = {}
  for (const collection of await documents.collectionIds('')) {
    if (collection === '_lockstep') continue
    const scope = { parent: '', collection, descendants: false, subtree: true }
    for await (const { name, fields } of documents.scan(scope, {})) found[name] = fields
  }
  return found
}

describe.each(recipes)('%s', (recipe) => {
  let scene: Scene
  beforeEach(async () => {
    scene = await stage.project({ tenants: 0 })
    await seedFirestore({
      projectId: scene.projectId,
      emulatorHost: stage.host,
      seed: 'recipes',
      tenants: 8,
      documents: 400,
    })
    mkdirSync(join(scene.folder, 'migrations'), { recursive: true })
    copyFileSync(join(folder, `${recipe}.ts`), join(scene.folder, 'migrations', `${recipe}.ts`))
  })

  it('goes there, back, there again, and completes', { timeout: 240_000 }, async () => {
    const before = await picture(scene.documents)
    expect((await scene.run('lint')).code).toBe(0)
    await scene.succeed('plan')
    await scene.succeed('up')
    expect(await picture(scene.documents)).not.toEqual(before)
    await scene.succeed('verify', '--level', 'full')
    await scene.succeed('down', '--yes')
    expect(await picture(scene.documents)).toEqual(before)
    await scene.succeed('up')
    await scene.succeed('complete', '--yes')
    expect((await scene.succeed('status', '--json')).stdout).toContain('"completed"')
  })
})
