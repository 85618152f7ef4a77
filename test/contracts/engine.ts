import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/run/engine.ts'
import { createRecorder, until } from './engine-recorder.ts'

/** What the suite needs of an adapter. */
export interface EngineLab {
  /** An engine on `queue`; its warnings go to the list. Closed by the suite. */
  create(queue: string, warnings: string[]): Promise<Engine>
}

/** What any job engine must do, whatever it stands on. */
export function testEngine(name: string, lab: EngineLab): void {
  describe(`engine: ${name}`, () => {
    const opened: Engine[] = []
    let queues = 0
    let queue = ''
    let warnings: string[] = []
    const open = async (): Promise<Engine> => {
      const engine = await lab.create(queue, warnings)
      opened.push(engine)
      return engine
    }
    beforeEach(() => {
      queue = `run-${++queues}`
      warnings = []
    })
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((engine) => engine.close(0)))
    })

    test('before anything was queued it is empty, and every verb but enqueue leaves it so', async () => {
      const engine = await open()
      await engine.cancel()
      await engine.clear()
      await engine.recover([])
      await engine.enqueue([])
      expect(await engine.stats()).toEqual({ queued: 0, active: 0 })
    })

    test('hands out each shard once, also when it is queued again while it waits or runs', async () => {
      const engine = await open()
      const seen = createRecorder()
      await engine.enqueue(['a', 'b', 'b', 'c/1'])
      await engine.enqueue(['a', 'c/1'])
      expect(await engine.stats()).toEqual({ queued: 3, active: 0 })
      await engine.work(2, seen.holding)
      await until(() => seen.starts.length === 2)
      await engine.enqueue(['a', 'b', 'c/1'])
      expect(await engine.stats()).toEqual({ queued: 1, active: 2 })
      seen.letGo()
      await until(async () => (await engine.stats()).queued + (await engine.stats()).active === 0)
      expect(seen.starts.toSorted()).toEqual(['a', 'b', 'c/1'])
      expect(warnings).toEqual([])
    })

    test('a shard that is done can be queued again', async () => {
      const engine = await open()
      const seen = createRecorder()
      await engine.work(1, seen.passing)
      await engine.enqueue(['a'])
      await until(async () => seen.ends.length === 1 && (await engine.stats()).active === 0)
      await engine.enqueue(['a'])
      await until(() => seen.ends.length === 2)
      expect(seen.ends).toEqual(['a', 'a'])
    })

    test('runs as many handlers as it has workers, not more', async () => {
      const engine = await open()
      const seen = createRecorder()
      const shards = Array.from({ length: 12 }, (_, i) => `s${i}`)
      await engine.work(3, seen.passing)
      await engine.enqueue(shards)
      await until(() => seen.ends.length === 12)
      expect(seen.starts.toSorted()).toEqual(shards.toSorted())
      expect(seen.most).toBe(3)
    })

    test('a handler that rejects gets its shard again, and its message stays out of the warning', async () => {
      const engine = await open()
      const seen = createRecorder()
      let failures = 0
      await engine.work(1, async (shard) => {
        if (failures++ < 1) throw new Error('the row of Ada Example')
        await seen.passing(shard)
      })
      await engine.enqueue(['a'])
      await until(() => seen.ends.length === 1)
      expect(failures).toBe(2)
      expect(warnings).toEqual([expect.stringMatching(/^Shard a failed.*: Error$/)])
    })

    test('recover hands a shard of a dead owner out again at once; its late result counts for nothing', async () => {
      const [dead, alive] = [await open(), await open()]
      const [late, seen] = [createRecorder(), createRecorder()]
      await dead.enqueue(['a'])
      await dead.work(1, late.holding)
      await until(() => late.starts.length === 1)
      await alive.work(1, seen.holding)
      await alive.recover(['a'])
      await until(() => seen.starts.length + late.starts.length === 2)
      late.letGo()
      await until(() => late.ends.length === 1)
      await dead.close(1_000)
      expect(await alive.stats()).toEqual({ queued: 0, active: 1 })
      seen.letGo()
      await until(async () => (await alive.stats()).active === 0)
    })

    test('recover puts back what the engine does not know, and leaves what waits as it is', async () => {
      const engine = await open()
      const seen = createRecorder()
      await engine.enqueue(['waits'])
      await engine.recover(['waits', 'lost'])
      await engine.recover(['waits', 'lost'])
      expect(await engine.stats()).toEqual({ queued: 2, active: 0 })
      await engine.work(2, seen.passing)
      await until(() => seen.ends.length === 2)
      expect(seen.starts.toSorted()).toEqual(['lost', 'waits'])
    })

    test('cancel stops: nothing more is handed out and running handlers are told', async () => {
      const engine = await open()
      const seen = createRecorder()
      await engine.enqueue(['a', 'b'])
      await engine.work(1, seen.untilAborted)
      await until(() => seen.starts.length === 1)
      await engine.cancel()
      await until(() => seen.aborts.length === 1)
      expect(seen.aborts[0]).toMatchObject({ code: 'LS-4002' })
      expect(await engine.stats()).toEqual({ queued: 0, active: 0 })
      await engine.enqueue(['c'])
      await until(() => seen.starts.length === 2)
      expect(seen.starts[1]).toBe('c')
    })

    test('close lets a handler end and takes nothing more', async () => {
      const [engine, other] = [await open(), await open()]
      const seen = createRecorder()
      await engine.enqueue(['a', 'b'])
      await engine.work(1, seen.holding)
      await until(() => seen.starts.length === 1)
      const closing = engine.close(30_000)
      seen.letGo()
      await closing
      expect(seen).toMatchObject({ starts: ['a'], ends: ['a'], aborts: [] })
      expect(await other.stats()).toEqual({ queued: 1, active: 0 })
      await expect(engine.enqueue(['c'])).rejects.toMatchObject({ code: 'LS-9001' })
    })

    test('close aborts what outlasts the drain, and others can take it at once', async () => {
      const [engine, other] = [await open(), await open()]
      const seen = createRecorder()
      await engine.enqueue(['a'])
      await engine.work(1, seen.untilAborted)
      await until(() => seen.starts.length === 1)
      await engine.close(10)
      expect(seen.aborts).toMatchObject([{ code: 'LS-4007' }])
      expect(await other.stats()).toEqual({ queued: 1, active: 0 })
      await other.work(1, seen.passing)
      await until(() => seen.ends.length === 1)
    })
  })
}
