import { afterAll, describe, expect, it } from 'vitest'
import { freePort } from '../../local/guarded-process.ts'
import { findBouncer, startBouncer } from '../../../test/stores/bouncer.ts'
import { startRealPostgres } from '../../../test/stores/real-postgres.ts'
import { needs } from '../../../test/stores/skips.ts'
import { createPostgresTables } from './postgres-tables.ts'

const server = await startRealPostgres()
afterAll(() => server?.stop())

const refusal = (url: string) =>
  createPostgresTables({ url }).then(
    () => expect.unreachable('connected'),
    (error: unknown) => error,
  )

it('names the port of a transaction pooler before connecting, and the URL to use', async () => {
  const error = await refusal('postgres://postgres.abc:sekret@aws-0.pooler.example:6543/postgres')
  expect(error).toMatchObject({
    code: 'LS-3003',
    hint: expect.stringContaining('postgres://postgres.abc:PASSWORD@aws-0.pooler.example:5432/postgres'),
  })
  expect(JSON.stringify(error)).not.toContain('sekret')
})

it('says that nothing listens, naming the place but not the password', async () => {
  const port = await freePort()
  const error = await refusal(`postgres://ada:sekret@127.0.0.1:${port}/shop`)
  expect(error).toMatchObject({
    code: 'LS-3002',
    message: `cannot connect to 127.0.0.1:${port}/shop as ada: nothing listens there`,
  })
  expect(JSON.stringify(error) + String(error)).not.toContain('sekret')
})

describe.skipIf(server === undefined)('with a server', () => {
  const url = server?.url ?? ''
  const other = (change: (url: URL) => void) => {
    const changed = new URL(url)
    change(changed)
    return changed.href
  }

  it('explains a missing database and a server without TLS', async () => {
    expect(await refusal(other((u) => (u.pathname = '/nowhere')))).toMatchObject({
      code: 'LS-3002',
      hint: expect.stringContaining('createdb'),
    })
    expect(await refusal(other((u) => (u.search = '?sslmode=require')))).toMatchObject({
      code: 'LS-3002',
      message: expect.stringContaining('no TLS'),
    })
  })

  it('survives the server ending its connections, busy and idle', async () => {
    const tables = await createPostgresTables({ url, applicationName: 'victim', poolSize: 2 })
    const killer = await createPostgresTables({ url })
    const kill = () =>
      killer.transaction((q) =>
        q.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'"),
      )
    const busy = tables.transaction(async (q) => {
      await q.query('SELECT 1')
      await kill()
      await q.query('SELECT 2')
    })
    await expect(busy).rejects.toMatchObject({ code: 'LS-3002' })
    await tables.read((q) => q.query('SELECT 1'))
    await kill()
    await expect
      .poll(() => tables.read((q) => q.query('SELECT 1 AS n')).catch(() => undefined), { timeout: 10_000 })
      .toEqual([{ n: 1 }])
    await tables.close()
    await killer.close()
  })

  it('tells two databases of one server apart and knows one again', async () => {
    const first = await createPostgresTables({ url })
    const name = `clone_${process.pid}`
    await first.autocommit(`CREATE DATABASE ${name}`)
    const again = await createPostgresTables({ url: other((u) => (u.hostname = 'localhost')) })
    const clone = await createPostgresTables({ url: other((u) => (u.pathname = `/${name}`)) })
    expect(again.target.fingerprint).toBe(first.target.fingerprint)
    expect(clone.target.fingerprint).not.toBe(first.target.fingerprint)
    await Promise.all([again.close(), clone.close()])
    await first.autocommit(`DROP DATABASE ${name}`, { lockTimeout: 5_000 })
    await first.close()
  })

  it('opens no more connections than the pool size, however many transactions wait', async () => {
    const tables = await createPostgresTables({ url, poolSize: 3, applicationName: 'small-pool' })
    const pids = await Promise.all(
      Array.from({ length: 30 }, () =>
        tables.transaction((q) => q.query<{ pid: number }>('SELECT pg_backend_pid() AS pid, pg_sleep(0.01)')),
      ),
    )
    expect(new Set(pids.map(([row]) => row?.pid)).size).toBeLessThanOrEqual(3)
    await tables.close()
  })

  it(
    'refuses PgBouncer in transaction mode and accepts it in session mode',
    needs(findBouncer(), 'no PgBouncer'),
    async () => {
      for (const mode of ['transaction', 'session'] as const) {
        const bouncer = await startBouncer(url, mode)
        const outcome = await createPostgresTables({ url: bouncer?.url ?? '' }).then(
          (tables) => tables.close().then(() => 'connected'),
          (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
        )
        expect([mode, outcome]).toEqual([mode, mode === 'session' ? 'connected' : 'LS-3003'])
        await bouncer?.stop()
      }
    },
  )
})
