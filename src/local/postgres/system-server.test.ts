import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { needs } from '../../../test/stores/skips.ts'
import { findPostgresBinaries } from './system-binaries.ts'
import { createSystemPostgres } from './system-server.ts'

vi.setConfig({ testTimeout: 120_000 })
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-system-'))
  // PostgreSQL does not run as root: whom root lends it must get there.
  chmodSync(folder, 0o755)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function ask(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

describe('a PostgreSQL of this machine', needs(findPostgresBinaries(), 'no PostgreSQL server'), () => {
  test('keeps its data and its password, and lets nobody else have the folder', async () => {
    const place = join(folder, 'kept')
    const first = await createSystemPostgres({ folder: place })
    expect(first.version).toMatch(/^\d+(?:\.\d+)?/)
    await ask(first.url, 'create table notes (id int); insert into notes values (7)')
    await expect(createSystemPostgres({ folder: place })).rejects.toMatchObject({ code: 'LS-3006' })
    expect(statSync(join(place, 'password')).mode & 0o777).toBe(0o600)
    await first.close()
    const again = await createSystemPostgres({ folder: place })
    expect(await ask(again.url, 'select id from notes')).toEqual([{ id: 7 }])
    expect(await ask(again.url, 'show fsync')).toEqual([{ fsync: 'on' }])
    const nobody = new URL(again.url)
    nobody.password = 'wrong'
    await expect(ask(nobody.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    await again.close()
  })

  test('without a folder leaves nothing behind; a setting it does not know is told', async () => {
    const server = await createSystemPostgres({ settings: { max_connections: '20' } })
    const [{ data_directory: data } = { data_directory: '' }] = (await ask(server.url, 'show data_directory')) as {
      data_directory: string
    }[]
    expect(existsSync(data)).toBe(true)
    await server.close()
    expect(existsSync(data)).toBe(false)
    await expect(createSystemPostgres({ settings: { no_such_thing: 'on' } })).rejects.toMatchObject({
      code: 'LS-3008',
      why: expect.stringContaining('no_such_thing'),
    })
  })
})

test('programs are looked for on the PATH; where there are none, that is said', async () => {
  expect(findPostgresBinaries({ PATH: folder })).not.toBe(folder)
  await expect(createSystemPostgres({ binaries: folder })).rejects.toMatchObject({ code: 'LS-3008' })
})
