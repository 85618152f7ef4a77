import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Config, LoadedConfig } from '../../src/config.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import type { Listener } from '../../src/ledger/events.ts'
import type { Migration } from '../../src/migrations/define-migration.ts'
import { wireMigrator } from '../../src/migrator.ts'
import type { Migrator, MigratorOptions } from '../../src/migrator.ts'
import type { CaseDocuments, CaseFiles, OperationCase } from '../../src/operations/operation-case.ts'
import type { Document, DocumentWrite, DocumentWriter, Fields } from '../../src/stores/documents.ts'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import { createFirestoreIndexes } from '../../src/stores/firestore/firestore-indexes.ts'
import type { IndexWriter } from '../../src/stores/indexes.ts'
import type { TableWriter } from '../../src/stores/tables.ts'
import { decodeFields, encodeValue } from '../../src/stores/values.ts'
import { createDirectEngine } from './direct-engine.ts'
import { openLawStores } from './law-stores.ts'
import type { LawStores } from './law-stores.ts'

export const migrationId = '20261122093000_law'

const indexFile = 'firestore.indexes.json'

/** Both stores, emptied between tries. */
export interface World {
  readonly documents: DocumentWriter
  readonly tables: TableWriter
  readonly indexes: IndexWriter
  /** The files of the project that operations write. */
  files(): CaseFiles
  /** Empties both stores and fills them as the case says. */
  fill(theCase: OperationCase): Promise<void>
  put(documents: Readonly<Record<string, Fields>>): Promise<void>
  write(documents: OperationCase['others']['documents'], sql: readonly string[], files?: CaseFiles): Promise<void>
  migrator(
    theCase: OperationCase,
    stores?: { readonly documents: DocumentWriter; readonly tables: TableWriter; readonly indexes: IndexWriter },
    listener?: Listener,
    options?: Pick<MigratorOptions, 'maxUsd'>,
  ): Migrator
  close(): Promise<void>
}

/**
 * `adminHost` is where indexes are created; without it the document store's own host, which has no admin API.
 * `clients` is what the configuration says of them.
 */
export async function openWorld(
  adminHost?: string,
  clients?: Config['clients'],
  openStores: () => Promise<LawStores> = openLawStores,
): Promise<World> {
  const stores = await openStores()
  const { tables } = stores
  const documents = await createFirestoreDocuments({ projectId: 'demo-laws', emulatorHost: stores.host })
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-laws-'))
  const indexes = createFirestoreIndexes({
    projectId: 'demo-laws',
    target: { ...documents.target, emulator: adminHost ?? stores.host },
    root: folder,
    file: join(folder, indexFile),
    create: adminHost !== undefined,
  })
  const send = async (writes: readonly DocumentWrite[]): Promise<void> => {
    const results = await documents.write(writes)
    const failed = results.findIndex((result) => !result.ok)
    if (failed >= 0)
      throw new Error(`the world could not be filled: ${JSON.stringify([results[failed], writes[failed]])}`)
  }
  const write: World['write'] = async (changes, sql, files = {}) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    await send(
      Object.entries(changes).map(([name, fields]) =>
        fields === null
          ? ({ op: 'delete', name, expect: 'any' } as const)
          : ({ op: 'put', name, fields: encodeFields(fields), expect: 'any' } as const),
      ),
    )
    for (const statement of sql) await tables.transaction((q) => q.script(statement))
  }
  return {
    documents,
    tables,
    indexes,
    files() {
      const file = join(folder, indexFile)
      return existsSync(file) ? { [indexFile]: readFileSync(file, 'utf8') } : {}
    },
    put: (raw) => send(Object.entries(raw).map(([name, fields]) => ({ op: 'put', name, fields, expect: 'any' }))),
    write,
    async fill({ before }) {
      rmSync(join(folder, indexFile), { force: true })
      await stores.reset('demo-laws')
      await tables.transaction((q) => q.script(emptied))
      await write(before.documents, before.sql, before.files)
    },
    migrator: (theCase, used = { documents, tables, indexes }, listener = () => {}, options = {}) =>
      wireMigrator({
        options: { concurrency: 2, ...options },
        loaded: project(folder, theCase, clients),
        environment: {
          name: 'laws',
          origin: 'flag',
          settings: { kind: 'local', firestore: { projectId: 'demo-laws' }, postgres: { pglite: '' } },
        },
        stores: { ...used, target: target(documents, tables), close: () => Promise.resolve() },
        // What repeats need not wait; what gathers texts for a call has to.
        clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms > 50 ? 5 : ms, signal) },
        listener,
        createEngine: createDirectEngine,
      }),
    async close() {
      await indexes.close()
      await documents.close()
      await stores.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** The ledger is emptied rather than dropped: to make it anew took a third of the time of a law. */
const emptied = `
  drop schema if exists lockstep_both, lockstep_sync, lockstep_vectors, lockstep_next, lockstep_past cascade;
  drop schema public cascade; create schema public;
  do $$ declare place text; begin
    set local session_replication_role = replica;
    for place in select format('lockstep.%I', tablename) from pg_tables where schemaname = 'lockstep' and tablename <> 'meta' loop
      execute 'delete from ' || place;
    end loop;
  end $$`

function encodeFields(fields: Readonly<Record<string, unknown>>): Document['fields'] {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, encodeValue(value)]))
}

/** By the file that hands them on; found by it on `globalThis`, as it is run by the same process. */
const migrations = new Map<string, Migration>()
Object.assign(globalThis, { migrationsOfLaws: migrations })

/**
 * A migration file that hands on the steps of the case. It is loaded as a user's is; what the case itself imports is not
 * loaded anew for each command, which costs a sixth of a law.
 */
function project(folder: string, theCase: OperationCase, clients: Config['clients']): LoadedConfig {
  const migrationsFolder = join(folder, 'migrations')
  mkdirSync(migrationsFolder, { recursive: true })
  const sources = Object.entries(theCase.sources ?? {})
  for (const [path, text] of sources) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const file = join(migrationsFolder, `${migrationId}.ts`)
  migrations.set(file, { summary: theCase.name, steps: theCase.steps })
  writeFileSync(
    file,
    `export const sources = ${JSON.stringify(sources.map(([path]) => path))}
export const name = ${JSON.stringify(theCase.name)}
export default globalThis.migrationsOfLaws.get(${JSON.stringify(file)})`,
  )
  const { tenants, embedders } = theCase
  const config = { environments: {}, tenants, clients, embedders }
  return { config, file: join(folder, 'lockstep.config.ts'), root: folder, migrationsFolder }
}

function target(documents: DocumentWriter, tables: TableWriter): Migrator['target'] {
  const { project: projectId, database, emulator } = documents.target
  const { host, port, database: name, user, engine, serverVersion, fingerprint } = tables.target
  return {
    environment: 'laws',
    kind: 'local',
    firestore: { project: projectId, database, emulator: emulator ?? null },
    postgres: { host, port: port ?? null, database: name, user, engine, version: serverVersion, fingerprint },
  }
}

/** Every document of the database but Lockstep's own, also below documents that do not exist, decoded. */
export async function allDocuments(documents: DocumentWriter): Promise<CaseDocuments> {
  const raw = Object.entries(await rawDocuments(documents))
  return Object.fromEntries(raw.map(([name, fields]) => [name, decodeFields(fields)]))
}

/** The same, as the protocol has their values. */
export async function rawDocuments(documents: DocumentWriter): Promise<Readonly<Record<string, Fields>>> {
  const found: Record<string, Fields> = {}
  for (const collection of await documents.collectionIds('')) {
    if (collection === '_lockstep') continue
    const everything = { parent: '', collection, descendants: false, subtree: true }
    for await (const document of documents.scan(everything, {})) found[document.name] = document.fields
  }
  return found
}

/** Everything a user could see of the database, Lockstep's own schemas apart. Options `pg_…` are the server's own counters. */
export function catalogOf(tables: TableWriter): Promise<unknown> {
  return tables.read(async (q) => ({
    columns: await q.query(
      `select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
       where table_schema = 'public' order by table_name, column_name`,
    ),
    indexes: await q.query("select tablename, indexdef from pg_indexes where schemaname = 'public' order by indexdef"),
    constraints: await q.query(
      "select conname, pg_get_constraintdef(oid) as def from pg_constraint where connamespace = 'public'::regnamespace order by conname",
    ),
    attributes: await q.query(
      `select c.relname, a.attname, a.attstorage, a.attacl::text as acl, a.attidentity, a.attgenerated,
         (select array_agg(o order by o) from unnest(a.attoptions) o where o !~ '^pg_') as attoptions, a.attcollation, a.attstattarget,
         format_type(a.atttypid, a.atttypmod) as type, col_description(c.oid, a.attnum) as comment
       from pg_attribute a join pg_class c on c.oid = a.attrelid
       where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v')
       order by 1, 2`,
    ),
    statistics: await q.query(
      // By name: the columns are printed in the order of their numbers, and a column that came back has a new one.
      `select s.stxname, s.stxkind::text as kind, pg_get_statisticsobjdef_expressions(s.oid) as expressions,
              array(select a.attname::text from pg_attribute a where a.attrelid = s.stxrelid and a.attnum = any(s.stxkeys) order by 1) as columns
       from pg_statistic_ext s where s.stxnamespace = 'public'::regnamespace order by 1`,
    ),
    functions: await q.query(
      `select pg_get_functiondef(p.oid) as def, proacl::text as acl, proowner::text as owner from pg_proc p
       where pronamespace = 'public'::regnamespace order by 1`,
    ),
    relations: await q.query(
      `select relname, relkind::text as kind, relowner::text as owner, relacl::text as acl, relrowsecurity, reloptions::text as options, relpersistence, relreplident,
              case when relkind in ('v', 'm') then pg_get_viewdef(oid) end as def
       from pg_class where relnamespace = 'public'::regnamespace order by 1`,
    ),
    triggers: await q.query(
      `select pg_get_triggerdef(t.oid) as def, tgenabled::text as enabled from pg_trigger t join pg_class c on c.oid = tgrelid
       where c.relnamespace = 'public'::regnamespace and not tgisinternal order by 1`,
    ),
    policies: await q.query("select * from pg_policies where schemaname = 'public' order by tablename, policyname"),
    comments: await q.query(
      `select pg_describe_object(classoid, objoid, objsubid) as object, description from pg_description
       where pg_describe_object(classoid, objoid, objsubid) is not null and objoid >= 16384 order by 1, 2`,
    ),
  }))
}

/** Every row of every table of schema public. */
export function rowsOf(tables: TableWriter): Promise<unknown> {
  return tables.read(async (q) => {
    const names = await q.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public' order by 1",
    )
    const rows: Record<string, unknown> = {}
    for (const { name } of names)
      rows[name] = await q.query(`select to_jsonb(t) as row from public."${name}" t order by to_jsonb(t)::text`)
    return rows
  })
}
