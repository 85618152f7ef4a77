import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { configText } from './project.ts'
import { createStage } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

vi.setConfig({ testTimeout: 300_000 })
const first = '20260101000000_first'
const postgres = await startRealPostgres()
afterAll(() => postgres?.stop())

/** Milliseconds: `lock_timeout` and one batch, and what a loaded machine may add to any statement. */
const longestWait = 500 + 100 + 1_400

const rows = 20_000

describe(
  'a column of two shapes, on PostgreSQL, while clients of both write',
  needs(postgres, 'no PostgreSQL server'),
  () => {
    const url = postgres?.url ?? ''
    let stage: Stage

    beforeAll(async () => {
      const firestore = await createFirestoreServer()
      stage = createStage({ host: firestore.host, url, close: () => firestore.close() })
    })
    afterAll(() => stage?.close())

    async function scene(step: string): Promise<Scene> {
      const found = await stage.project({ tenants: 0 })
      await found.ask(`do $do$ begin create role app_reader; exception when duplicate_object then null; end $do$;
      create table orders (id bigint primary key, cents integer not null default 5, note text, touched int default 0);
      create index orders_cents_idx on orders (cents);
      grant select (id, cents), update (cents) on orders to app_reader;
      comment on column orders.cents is 'money';
      insert into orders select n, n % 1000, repeat('x', 60) from generate_series(1, ${rows}) n;
      analyze orders`)
      found.write('lockstep.config.ts', configText({ project: found.projectId, url }))
      found.migration(first, step)
      return found
    }

    /** Everything Postgres would dump of the table's schema, without what differs from dump to dump. */
    function dump(): string {
      const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))
      const program = versions.map((each) => `/usr/lib/postgresql/${each}/bin/pg_dump`).find((each) => existsSync(each))
      const text = execFileSync(program ?? 'pg_dump', ['--schema-only', '--schema=public', url], { encoding: 'utf8' })
      return text.replaceAll(/^\\(un)?restrict .*$/gm, '')
    }

    interface Client {
      /** Ends the client and gives what went wrong, the longest wait, and the last acknowledged write of each row. */
      stop(): Promise<{ errors: readonly string[]; longest: number; last: ReadonlyMap<number, number> }>
    }

    /** A client that writes one number after the other into its own rows, some of them new. */
    async function startClient(
      start: number,
      write: (id: number, cents: number, isNew: boolean) => string,
    ): Promise<Client> {
      const client = new pg.Client(url)
      await client.connect()
      const last = new Map<number, number>()
      const errors: string[] = []
      let [longest, stopped, n] = [0, false, 0]
      const work = async (): Promise<void> => {
        while (!stopped) {
          n++
          const isNew = n % 5 === 0
          const id = isNew ? rows + start + n * 10 : start + ((n * 4) % rows)
          const cents = n % 100_000
          const begun = performance.now()
          try {
            await client.query(write(id, cents, isNew))
            last.set(id, cents)
          } catch (error) {
            errors.push(String(error))
          }
          longest = Math.max(longest, performance.now() - begun)
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
      }
      const done = work()
      return {
        async stop() {
          stopped = true
          await done
          await client.end()
          return { errors, longest, last }
        },
      }
    }

    const old = (id: number, cents: number, isNew: boolean): string =>
      isNew
        ? `insert into orders (id, cents) values (${id}, ${cents})`
        : `update orders set cents = ${cents} where id = ${id}`

    const cases = [
      {
        name: 'converted',
        step: `postgres.convertColumn('orders', 'cents', { to: 'numeric(12,2)', up: 'cents / 100.0', down: 'round(amount * 100)', as: 'amount' })`,
        column: 'amount',
        value: (cents: number) => `${cents} / 100.0`,
        back: 'round(amount * 100)::int',
      },
      {
        name: 'renamed',
        step: `postgres.renameColumn('orders', 'cents', 'price')`,
        column: 'price',
        value: (cents: number) => String(cents),
        back: 'price',
      },
    ]

    test.each(cases)('$name: nobody sees an error or waits, no write is lost, there and back', async (each) => {
      const found = await scene(each.step)
      const before = dump()
      const young = (id: number, cents: number, isNew: boolean): string =>
        isNew
          ? `insert into orders (id, ${each.column}) values (${id}, ${each.value(cents)})`
          : `update orders set ${each.column} = ${each.value(cents)} where id = ${id}`
      const clients = [await startClient(1, old), await startClient(2, old)]
      const running = found.start('up')
      const there = `select from pg_attribute where attrelid = 'orders'::regclass and attname = '${each.column}'`
      await vi.waitUntil(async () => (await found.ask(there)).length > 0, { timeout: 60_000, interval: 20 })
      const newClients = [await startClient(3, young)]
      const done = await running.finished
      expect(done.code, done.stderr).toBe(0)
      await found.succeed('verify')
      // Clients of the new shape are gone before the way back takes their column away.
      const ended = [...(await Promise.all(newClients.map((client) => client.stop())))]
      await found.succeed('down', '--yes')
      ended.push(...(await Promise.all(clients.map((client) => client.stop()))))
      for (const { errors, longest, last } of ended) {
        expect(errors).toEqual([])
        expect(longest).toBeLessThan(longestWait)
        expect(last.size).toBeGreaterThan(20)
        const wanted = [...last]
          .map(([id, cents]) => ({ id: String(id), cents }))
          .sort((a, b) => Number(a.id) - Number(b.id))
        expect(
          await found.ask('select id, cents from orders where id = any($1) order by id', [wanted.map(({ id }) => id)]),
        ).toEqual(wanted)
      }
      expect(dump()).toBe(before)
      expect(await found.ask(`select nspname from pg_namespace where nspname = 'lockstep_sync'`)).toEqual([])
    })

    test.each(cases)('$name: complete leaves the new column alone, with all that hung on the old one', async (each) => {
      const found = await scene(each.step)
      await found.succeed('up')
      const wanted = await found.ask(`select id, cents from orders order by id`)
      await found.succeed('complete', '--yes')
      expect(await found.ask(`select id, ${each.back} as cents from orders order by id`)).toEqual(wanted)
      const text = dump()
      expect(text).not.toContain('cents')
      expect(text).toContain(`CREATE INDEX orders_${each.column}_idx ON public.orders USING btree (${each.column})`)
      expect(text).toContain(`COMMENT ON COLUMN public.orders.${each.column} IS 'money'`)
      expect(text).toContain(`GRANT SELECT(${each.column}),UPDATE(${each.column}) ON TABLE public.orders TO app_reader`)
      expect(text).toMatch(new RegExp(`${each.column} \\S+ DEFAULT \\S+ NOT NULL`))
      expect(await found.ask(`select nspname from pg_namespace where nspname = 'lockstep_sync'`)).toEqual([])
    })
  },
)
