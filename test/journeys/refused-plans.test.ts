import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { expectRefusal } from './expect-refusal.ts'
import { addLanguage } from './project.ts'
import { openEmbedded } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

const first = '20260101000000_first'
let stage: Stage
vi.setConfig({ testTimeout: 240_000 })

beforeAll(async () => {
  stage = await openEmbedded()
})
afterAll(() => stage?.close())

/** Six steps; the second, third, fifth and sixth cannot be done, the last two for one reason. */
async function standingInTheWay(): Promise<Scene> {
  const scene = await stage.project({ tenants: 2 })
  await scene.put({
    'Shops/a': { old: 1, taken: 2, text: 'x' },
    'Shops/b': { old: 1, 'way.b': 2, way: 'no map' },
  })
  scene.migration(
    first,
    addLanguage,
    `firestore.removeField('Nowhere/{id}', 'a')`,
    `firestore.renameField('Shops/{id}', 'old', 'taken')`,
    `firestore.renameField('Shops/{id}', 'way', 'path')`,
    `firestore.convertField('Shops/{id}', 'text', { from: 'string', to: 'int' })`,
    `firestore.removeField('Nowhere/{id}', 'a')`,
  )
  return scene
}

test('plan names what stands in the way of every step, each once', async () => {
  const scene = await standingInTheWay()
  const { stderr } = await expectRefusal(scene, ['plan'], { exit: 1, code: 'LS-2102', message: 'Nowhere/{id}' })
  expect([...stderr.matchAll(/error\[(LS-\d+)\]/g)].map(([, code]) => code)).toEqual(['LS-2102', 'LS-2110', 'LS-2110'])
  expect(stderr).toMatch(/rename old to taken[^]*convert text/)
})

test('plan --json has them in one document, and up says the same', async () => {
  const scene = await standingInTheWay()
  const { code, stdout } = await scene.run('plan', '--json')
  expect(code).toBe(1)
  const found = JSON.parse(stdout) as { error: { code: string; also: { code: string; where: { name: string } }[] } }
  expect(found.error.code).toBe('LS-2102')
  expect(found.error.also.map((each) => [each.code, each.where.name])).toEqual([
    ['LS-2110', 'Shops/a'],
    ['LS-2110', 'Shops/a'],
  ])
  await expectRefusal(scene, ['up'], { exit: 1, code: 'LS-2102', message: /convert text/ })
})
