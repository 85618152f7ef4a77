import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import { LockstepError } from '../kernel/errors.ts'
import type { RunEvent } from '../ledger/events.ts'
import { insertRun } from '../ledger/runs.ts'
import { ensureLedger } from '../ledger/schema.ts'
import { claimShard, insertShards } from '../ledger/shards.ts'
import type { ClaimedShard } from '../ledger/shards.ts'
import type { PreImage } from '../operations/operation.ts'
import type { IndexWriter } from '../stores/indexes.ts'
import { createPgliteTables } from '../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../stores/tables.ts'
import { createIndexHands } from './index-hands.ts'

const unexpected = (): never => {
  throw new Error('this call was not expected')
}

let tables: TableWriter
let shard: ClaimedShard
/** The file as it is; `before` runs just before it is written. */
let file: { text: string | undefined; before: () => void }

beforeAll(async () => {
  tables = await createPgliteTables({})
})
afterAll(() => tables.close())
beforeEach(async () => {
  file = { text: 'a', before: () => {} }
  await tables.transaction((q) => q.script('drop schema if exists lockstep cascade'))
  await ensureLedger(tables)
  await tables.transaction(async (q) => {
    const steps = [{ kind: 'ensureIndex', memo: { index: 'i' } }]
    await insertRun(q, { id: 'r', migration: 'm', checksum: '', plan: {}, actor: '', steps })
    const shards = [{ phase: 'expand' as const, stage: 0, scope: {}, estimate: 1 }]
    await insertShards(q, { run: 'r', step: 0, round: 0, shards })
  })
  shard = (await claimShard(tables, 'r/0/expand/0/0', 'me')) ?? unexpected()
})

const indexes: IndexWriter = {
  file: 'f.json',
  create: true,
  readFile: async () => file.text,
  async writeFile(text, was) {
    file.before()
    if (file.text !== was) return false
    file.text = text
    return true
  },
  managed: unexpected,
  list: unexpected,
  field: unexpected,
  progress: unexpected,
  createIndex: unexpected,
  deleteIndex: unexpected,
  setField: unexpected,
  close: async () => {},
}

function hands(of: ClaimedShard = shard, emit: (event: RunEvent) => void = () => {}) {
  return createIndexHands({
    indexes,
    tables,
    shard: of,
    clock: systemClock,
    signal: new AbortController().signal,
    emit,
  })
}

async function kept(): Promise<readonly PreImage[]> {
  const images: PreImage[] = []
  const back = hands({ ...shard, phase: 'revert', scope: { shard: shard.id } })
  for await (const image of back.preImages()) images.push(image)
  return images
}

describe('changeFile', () => {
  it('keeps what was there', async () => {
    expect(await hands().changeFile((text) => `${text ?? ''}b`)).toBe(true)
    expect(file.text).toBe('ab')
    expect(await kept()).toEqual([{ name: 'f.json', before: { text: 'a' }, after: { text: 'ab' } }])
  })

  it('writes and keeps nothing where nothing changes', async () => {
    file.before = unexpected
    expect(await hands().changeFile((text) => text)).toBe(false)
    expect(await kept()).toEqual([])
  })

  it('takes in what others wrote meanwhile, and forgets what never landed', async () => {
    let others = 2
    file.before = () => {
      if (others-- > 0) file.text = `${file.text ?? ''}x`
    }
    expect(await hands().changeFile((text) => `${text ?? ''}b`)).toBe(true)
    expect(file.text).toBe('axxb')
    expect(await kept()).toEqual([{ name: 'f.json', before: { text: 'axx' }, after: { text: 'axxb' } }])
  })

  it('counts a write that died on its way', async () => {
    file.before = () => {
      throw new Error('dead')
    }
    await expect(hands().changeFile(() => 'b')).rejects.toThrow('dead')
    expect(await kept()).toHaveLength(1)
  })

  it('does not write for a runner that lost its shard', async () => {
    await tables.transaction((q) => q.script('update lockstep.shards set epoch = epoch + 1'))
    await expect(hands().changeFile(() => 'b')).rejects.toMatchObject({ code: 'LS-4003' })
    expect(file.text).toBe('a')
  })

  it('nor on the way back, where nothing is kept that would tell', async () => {
    await tables.transaction((q) => q.script('update lockstep.shards set epoch = epoch + 1'))
    const back = hands({ ...shard, phase: 'revert', scope: { shard: shard.id } })
    await expect(back.changeFile(() => 'b')).rejects.toMatchObject({ code: 'LS-4003' })
    expect(file.text).toBe('a')
  })

  it('gives up where others never stop, and keeps nothing', async () => {
    file.before = () => {
      file.text = `${file.text ?? ''}x`
    }
    await expect(hands().changeFile(() => 'b')).rejects.toMatchObject({ code: 'LS-2401' })
    expect(await kept()).toEqual([])
  })
})

describe('changeServer', () => {
  const image = { name: 'i', before: null, after: null }
  const failing = (code: 'LS-3001' | 'LS-3004') =>
    hands().changeServer({
      image,
      work: () => Promise.reject(new LockstepError(code, 'no')),
    })

  it('keeps before it works', async () => {
    let before: readonly PreImage[] = []
    const work = async (): Promise<boolean> => {
      before = await kept()
      return true
    }
    expect(await hands().changeServer({ image, work })).toBe(true)
    expect(before).toEqual([image])
    expect(await kept()).toEqual([image])
  })

  it('does not count what someone else had done, nor what was refused', async () => {
    expect(await hands().changeServer({ image, work: async () => false })).toBe(false)
    await expect(failing('LS-3004')).rejects.toMatchObject({ code: 'LS-3004' })
    expect(await kept()).toEqual([])
  })

  it('counts what may have been carried out', async () => {
    await expect(failing('LS-3001')).rejects.toMatchObject({ code: 'LS-3001' })
    expect(await kept()).toEqual([image])
  })
})

describe('neededBy', () => {
  it('names a migration of another run that was not rolled back', async () => {
    expect(await hands().neededBy('i')).toBeUndefined()
    await tables.transaction(async (q) => {
      const steps = [{ kind: 'ensureIndex', memo: { index: 'i' } }]
      await insertRun(q, { id: 's', migration: 'later', checksum: '', plan: {}, actor: '', steps })
    })
    expect(await hands().neededBy('i')).toBe('later')
    expect(await hands().neededBy('j')).toBeUndefined()
    await tables.transaction((q) => q.script("update lockstep.runs set state = 'rolled back' where id = 's'"))
    expect(await hands().neededBy('i')).toBeUndefined()
  })
})
