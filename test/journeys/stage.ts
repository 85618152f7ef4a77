import pg from 'pg'
import { md5 } from '../../src/kernel/checksum.ts'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { createPostgresServer } from '../../src/local/postgres/server.ts'
import type { DocumentWriter } from '../../src/stores/documents.ts'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import { encodeValue } from '../../src/stores/values.ts'
import { configText, createProject } from './project.ts'
import type { ConfigParts, Project } from './project.ts'

export interface Addresses {
  readonly host: string
  readonly url: string
  close(): Promise<void>
}

/** Both stores, and projects on them one after the other, each on empty ones. */
export interface Stage {
  readonly host: string
  readonly url: string
  /** Empties both stores, seeds them, and makes a project on them; the one before is gone. */
  project(seed: Seed, parts?: Partial<ConfigParts>): Promise<Scene>
  close(): Promise<void>
}

export interface Seed {
  readonly tenants: number
  /** Chats of each tenant. */
  readonly chats?: number
}

export interface Scene extends Project {
  readonly projectId: string
  readonly documents: DocumentWriter
  ask(sql: string, params?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
  /** Writes documents; null deletes one. */
  put(documents: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>): Promise<void>
  /** Everything in both stores but Lockstep's queue, to compare before with after. */
  snapshot(): Promise<unknown>
}

export const uid = (n: number): string => `user${String(n).padStart(5, '0')}`
export const tableOf = (n: number): string => `user_table_${md5(uid(n))}`

/** How the app makes a tenant's table. */
const provisioning = `
create or replace function create_user_table(uid text) returns boolean language plpgsql as $f$
begin
  execute format('create table if not exists %I (id serial primary key, company_info jsonb, created_at timestamptz default now())', 'user_table_' || md5(uid));
  return true;
end $f$`

export async function openEmbedded(): Promise<Stage> {
  const firestore = await createFirestoreServer()
  const postgres = await createPostgresServer()
  return createStage({
    host: firestore.host,
    url: postgres.url,
    close: async () => void (await Promise.all([firestore.close(), postgres.close()])),
  })
}

export function createStage({ host, url, close }: Addresses): Stage {
  let current: Scene | undefined
  let made = 0
  const leave = async (): Promise<void> => {
    current?.close()
    await current?.documents.close()
    current = undefined
  }
  return {
    host,
    url,
    async project(seed, parts = {}) {
      await leave()
      const projectId = `demo-journey-${process.pid}-${made++}`
      current = await createScene({ host, url, projectId, parts })
      await fill(current, seed)
      return current
    },
    async close() {
      await leave()
      await close()
    },
  }
}

interface SceneOptions {
  readonly host: string
  readonly url: string
  readonly projectId: string
  readonly parts: Partial<ConfigParts>
}

async function createScene({ host, url, projectId, parts }: SceneOptions): Promise<Scene> {
  const documents = await createFirestoreDocuments({ projectId, emulatorHost: host })
  const project = createProject({ FIRESTORE_EMULATOR_HOST: host, DATABASE_URL: url })
  project.write('lockstep.config.ts', configText({ project: projectId, ...parts }))
  const ask: Scene['ask'] = async (sql, params = []) => {
    const client = new pg.Client(url)
    await client.connect()
    try {
      const result = await client.query<Record<string, unknown>>(sql, [...params])
      return Array.isArray(result) ? [] : result.rows
    } finally {
      await client.end()
    }
  }
  return {
    ...project,
    projectId,
    documents,
    ask,
    put: (changes) => put(documents, changes),
    snapshot: async () => ({ documents: await allDocuments(documents), tables: await allTables(ask) }),
  }
}

async function fill({ ask, put: write }: Scene, { tenants, chats = 2 }: Seed): Promise<void> {
  // Dropping thousands of tables in one transaction would need more locks than the server has.
  await ask(`do $do$ declare t record; n int := 0; begin
    for t in select oid::regclass as name from pg_class where relname ~ '^user_table_' and relkind = 'r' loop
      execute format('drop table %s', t.name); n := n + 1; if n % 200 = 0 then commit; end if;
    end loop; end $do$`)
  await ask(
    'drop schema if exists lockstep cascade; drop schema if exists lockstep_engine cascade; drop schema public cascade; create schema public',
  )
  await ask(provisioning)
  await ask(`select create_user_table('user' || lpad(n::text, 5, '0')) from generate_series(0, $1::int - 1) n`, [
    tenants,
  ])
  const all: Record<string, Record<string, unknown>> = {}
  for (let n = 0; n < tenants; n++) {
    all[`Users/${uid(n)}`] = { name: `Tenant ${n}` }
    for (let chat = 0; chat < chats; chat++)
      all[`Whatsapp_Data/${uid(n)}/chats/${4_900_000 + chat}`] = { title: `Chat ${chat}`, unread: chat }
  }
  await write(all)
}

async function put(documents: DocumentWriter, changes: Parameters<Scene['put']>[0]): Promise<void> {
  const writes = Object.entries(changes).map(([name, fields]) =>
    fields === null
      ? ({ op: 'delete', name, expect: 'any' } as const)
      : ({
          op: 'put',
          name,
          fields: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, encodeValue(value)])),
          expect: 'any',
        } as const),
  )
  for (let at = 0; at < writes.length; at += 400) {
    const results = await documents.write(writes.slice(at, at + 400))
    if (results.some((result) => !result.ok)) throw new Error('the documents could not be seeded')
  }
}

async function allDocuments(documents: DocumentWriter): Promise<readonly unknown[]> {
  const found: unknown[] = [...(await documents.collectionIds(''))]
  for (const collection of ['Users', 'Whatsapp_Data', 'chats', 'messages', '_lockstep', 'migrations']) {
    for await (const document of documents.scan({ parent: '', collection, descendants: true }, {})) found.push(document)
  }
  return found
}

const foreign = `n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'lockstep_engine')`

async function allTables(ask: Scene['ask']): Promise<unknown> {
  const tables = await ask(
    `select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${foreign} and c.relkind = 'r' order by 1, 2`,
  )
  const rows = tables.map(
    ({ schema, name }) =>
      `select '${String(schema)}.${String(name)}' as name, count(*)::int as count, md5(string_agg(to_jsonb(t)::text, ',' order by to_jsonb(t)::text)) as hash from "${String(schema)}"."${String(name)}" t`,
  )
  return {
    schemas: await ask(`select n.nspname as name from pg_namespace n where ${foreign} order by 1`),
    columns: await ask(
      `select c.relname, a.attname, a.atttypid, a.attnotnull, a.attisdropped, pg_get_expr(d.adbin, d.adrelid) as def from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where ${foreign} and a.attnum > 0 and c.relkind in ('r', 'i') order by 1, a.attnum`,
    ),
    functions: await ask(
      `select p.oid::text, pg_get_functiondef(p.oid) as def, p.proacl::text as acl, p.proowner::text as owner, obj_description(p.oid) as comment from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${foreign} and p.prokind = 'f' and p.probin is null order by 1`,
    ),
    rows: rows.length === 0 ? [] : await ask(`select * from (${rows.join(' union all ')}) x order by name`),
  }
}
