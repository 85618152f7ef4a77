import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeStores, full } from './both-stores.ts'
import type { Stores } from './both-stores.ts'
import { kinds as allKinds } from './shape-kinds.ts'
import { openShapeProject } from './shape-project.ts'
import type { ShapeProject } from './shape-project.ts'

const size = full
  ? { each: 400, kills: 13, pause: 2, soak: 5_000, milliseconds: 4_000, centKills: 50, cents: 1_000 }
  : { each: 20, kills: 1, pause: 4, soak: 400, milliseconds: 600, centKills: 2, cents: 30 }
const timeout = full ? 3_600_000 : 300_000
const wanted = process.env['LOCKSTEP_SHAPES']?.split(',')
const kinds = allKinds.filter(({ name }) => wanted === undefined || wanted.includes(name))
/** Whole cents to whole euros: what is converted twice is a hundredth. */
const cents = allKinds.filter(({ name }) => name === 'convertField by marker' || name === 'convertField beside')

await describeStores((open) => {
  let stores: Stores
  beforeAll(async () => {
    stores = await open()
  }, timeout)
  afterAll(() => stores?.close())
  describe('every change of shape', () => everyShape(() => stores))
  it(`cents become euros once, through ${size.centKills} kills`, { timeout }, () => centsToEuros(stores))
})

function everyShape(stores: () => Stores): void {
  let project: ShapeProject
  beforeAll(async () => {
    project = await openShapeProject(stores(), { ...size, kinds })
  }, timeout)
  afterAll(() => project?.close())

  const run = async (args: readonly string[], end: string): Promise<void> => {
    await project.kill(args, size.kills)
    await project.finish(args, end)
  }

  it('up is killed while both clients write, and every entity reads as it was written last', { timeout }, async () => {
    project.start('old', 'new')
    await run(['up'], 'soaking')
    await sleep(size.soak)
    await project.stop()
    await project.expectNone('soaking')
  })

  it('down is killed while both clients write, and every document is as old clients left it', { timeout }, async () => {
    project.start('old', 'new')
    await run(['down', '--yes'], 'rolled back')
    await project.stop()
    await project.expectNone('old')
    await project.clearUp()
  })

  it(
    'up once more, and complete, is killed while clients write, and the old places are gone',
    { timeout },
    async () => {
      project.start('old', 'new')
      await run(['up'], 'soaking')
      await sleep(size.soak)
      await project.stop()
      await project.expectNone('soaking')
      project.start('new')
      await run(['complete', '--yes'], 'completed')
      await project.stop()
      await project.expectNone('completed')
      const byRules = new Set(
        project.entities.flatMap(({ kind, deeds }) => (deeds.some(({ generated }) => generated) ? [kind] : [])),
      )
      expect(kinds.filter((kind) => !byRules.has(kind)).map(({ name }) => name)).toEqual([])
    },
  )
}

async function centsToEuros(stores: Stores): Promise<void> {
  const project = await openShapeProject(stores, { ...size, kinds: cents, each: size.cents })
  let kills = 0
  const kill = async (args: readonly string[], share: number): Promise<void> => {
    const most = Math.min(size.centKills - kills, Math.max(1, Math.round(size.centKills * share)))
    if (most > 0) kills += await project.kill(args, most)
  }
  try {
    project.start('old', 'new')
    while (kills < size.centKills * 0.8) {
      await kill(['up'], 0.2)
      await project.finish(['up'], 'soaking')
      await kill(['down', '--yes'], 0.2)
      await project.finish(['down', '--yes'], 'rolled back')
      await project.stop()
      await project.expectNone('old')
      await project.clearUp()
      project.start('old', 'new')
    }
    await kill(['up'], 0.1)
    await project.finish(['up'], 'soaking')
    await project.stop()
    await project.expectNone('soaking')
    project.start('new')
    await kill(['complete', '--yes'], 0.1)
    await project.finish(['complete', '--yes'], 'completed')
    await project.stop()
    await project.expectNone('completed')
    expect(kills).toBeGreaterThan(size.centKills / 2)
  } finally {
    await project.close()
  }
}
