import { afterAll, beforeAll, expect, test } from 'vitest'
import { packPreImages } from '../archive/pre-images.ts'
import { storePreImages } from '../archive/pre-image-store.ts'
import { saveChangedTables } from '../archive/table-checkpoint.ts'
import { createPgliteTables } from '../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../stores/tables.ts'
import { insertRun } from './runs.ts'
import { ensureLedger } from './schema.ts'
import { claimShard, endShard, insertShards, saveCheckpoint } from './shards.ts'

let tables: TableWriter
const id = 'r/0/backfill/0/0'
beforeAll(async () => {
  tables = await createPgliteTables({})
  await ensureLedger(tables)
  await tables.transaction(async (q) => {
    await insertRun(q, { id: 'r', migration: 'm', checksum: '{}', plan: {}, actor: 'ada', steps: [] })
    await insertShards(q, {
      run: 'r',
      step: 0,
      round: 0,
      shards: [{ phase: 'backfill', stage: 0, scope: {}, estimate: 1 }],
    })
  })
})
afterAll(() => tables.close())

test('who lost a shard can neither store pre-images, nor save a checkpoint, nor end it', async () => {
  const late = await claimShard(tables, id, 'first')
  expect(await claimShard(tables, id, 'second')).toBeUndefined()
  await tables.transaction((q) =>
    q.query(`update lockstep.shards set lease_until = clock_timestamp() - interval '1 second'`),
  )
  const owner = await claimShard(tables, id, 'second')
  if (late === undefined || owner === undefined) throw new Error('the shard could not be claimed')
  expect(owner.epoch).toBe(late.epoch + 1)
  const checkpoint = { cursor: 'x', changed: 1, skipped: 0, conflicts: 0 }
  const images = packPreImages([{ name: 'a', before: null, after: null }])
  expect(await tables.transaction((q) => storePreImages(q, late, images, false))).toBeUndefined()
  await expect(tables.transaction((q) => saveCheckpoint(q, late, checkpoint))).rejects.toMatchObject({
    code: 'LS-4003',
  })
  const changes = { images: [{ name: 'a', before: null, after: null }], cursor: 'x' }
  await expect(tables.transaction((q) => saveChangedTables(q, late, changes))).rejects.toMatchObject({
    code: 'LS-4003',
  })
  await expect(tables.transaction((q) => endShard(q, late, 'done'))).rejects.toMatchObject({ code: 'LS-4003' })
  expect(await tables.transaction((q) => storePreImages(q, owner, images, false))).toBeDefined()
  await tables.transaction((q) => saveCheckpoint(q, owner, checkpoint))
  await tables.transaction((q) => saveChangedTables(q, owner, changes))
  await tables.transaction((q) => endShard(q, owner, 'done'))
  expect(await claimShard(tables, id, 'third')).toBeUndefined()
})
