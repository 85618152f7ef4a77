import pg from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { startOfficialEmulator } from './official-emulator.ts'
import { startRealPostgres } from './real-postgres.ts'
import { needs } from './skips.ts'

const emulator = await startOfficialEmulator()
const postgres = await startRealPostgres()

afterAll(async () => {
  await Promise.all([emulator?.stop(), postgres?.stop()])
})

describe('the official emulator', needs(emulator, 'no official Firestore emulator (its jar and Java 17)'), () => {
  test('answers', async () => {
    const response = await fetch(`http://${emulator?.host}/`)
    expect((await response.text()).trim()).toBe('Ok')
  })

  test('is the one of the whole run, if that has started one', () => {
    expect(emulator?.host).toBe(process.env['LOCKSTEP_TEST_EMULATOR'] ?? emulator?.host)
  })
})

describe('PostgreSQL', needs(postgres, 'no PostgreSQL server'), () => {
  test('answers a query', async () => {
    const client = new pg.Client({ connectionString: postgres?.url })
    await client.connect()
    const { rows } = await client.query<{ one: number }>('select 1 as one')
    await client.end()
    expect(rows).toEqual([{ one: 1 }])
  })

  test('is the one of the whole run, if that has started one', () => {
    const given = process.env['LOCKSTEP_TEST_POSTGRES'] ?? postgres?.url ?? ''
    expect(new URL(postgres?.url ?? '').host).toBe(new URL(given).host)
  })
})

describe('pgvector', needs(postgres?.vector === true ? postgres : undefined, 'no pgvector in PostgreSQL'), () => {
  test('compares vectors', async () => {
    const client = new pg.Client({ connectionString: postgres?.url })
    await client.connect()
    await client.query('create extension if not exists vector')
    const { rows } = await client.query<{ far: number }>(`select '[0,0]'::vector <-> '[3,4]'::vector as far`)
    await client.end()
    expect(rows).toEqual([{ far: 5 }])
  })
})
