import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { ask } from './oracle.ts'
import type { Entity, Row, TableWorld } from './table-clients.ts'

/** Whose eyes a row is looked at with: those of both, of old clients after `down`, of new ones after `complete`. */
export type Eyes = 'both' | 'old' | 'new'

const columns: Readonly<Record<Eyes, string>> = {
  both: 'id::int, label, cents, status, kind, code, age, points::int, title, (amount * 100)::int as amount, language',
  old: 'id, label, cents, status, kind, code, age, points',
  new: 'id::int, title, (amount * 100)::int as amount, status, code, age, points::int, language',
}

/** All that differs from what clients were told: rows that are gone, came back, or have another value. */
export async function wrongRows(world: TableWorld, eyes: Eyes, limit = 10): Promise<readonly string[]> {
  const wrong: string[] = []
  const byTable = new Map<string, Entity[]>()
  for (const entity of world.entities) byTable.set(entity.table, [...(byTable.get(entity.table) ?? []), entity])
  for (const [table, entities] of byTable) {
    const found = new Map(
      (await ask(world.url, `select ${columns[eyes]} from ${table}`)).map((row) => [row['id'], row]),
    )
    const notes = table === 'orders' ? [] : await ask(world.url, `select id, owner from ${entities[0]?.notes ?? ''}`)
    const wanted = entities.filter(({ row }) => row !== undefined).length
    if (found.size !== wanted) wrong.push(`${table} has ${found.size} rows, not ${wanted}`)
    for (const entity of entities) {
      const words = notes.filter(({ owner }) => owner === entity.id).map(({ id }) => Number(id))
      const why = difference(entity, found.get(entity.id), eyes) ?? wordsDiffer(entity, words)
      if (why !== undefined) wrong.push([`${table} ${entity.id}: ${why}`, ...entity.deeds].join('\n  '))
      if (wrong.length >= limit) return wrong
    }
  }
  return wrong
}

function wordsDiffer({ words }: Entity, found: readonly number[]): string | undefined {
  const [is, should] = [found, words].map((each) => each.toSorted((a, b) => a - b).join())
  return is === should ? undefined : `has notes ${is}, not ${should}`
}

function difference(
  entity: Entity,
  found: Readonly<Record<string, unknown>> | undefined,
  eyes: Eyes,
): string | undefined {
  const { row } = entity
  if (row === undefined) return found === undefined ? undefined : 'is there, and was deleted'
  if (found === undefined) return 'is missing'
  const wanted = { ...expected(row), status: statusOf(entity, row, found['status'], eyes) }
  for (const [name, value] of Object.entries(found)) {
    const should: unknown = name === 'id' ? entity.id : Reflect.get(wanted, name)
    if (value !== should) return `${name} is ${String(value)}, not ${String(should)}`
  }
  return undefined
}

function expected({ label, cents, kind, code, age, points, language = 'en' }: Row): Readonly<Record<string, unknown>> {
  return { label, title: label, cents, amount: cents, kind, code, age, points, language }
}

/** A row without one has been filled; going back, only what nobody wrote since is certain to be empty again. */
function statusOf({ untouched }: Entity, { status }: Row, found: unknown, eyes: Eyes): unknown {
  if (status !== null) return status
  if (eyes !== 'old') return 'open'
  return untouched || found !== 'open' ? null : 'open'
}

/** The shapes of the tenants' tables, without the key and without names of what differs: one where all are alike. */
export function fleetShapes(url: string): Promise<readonly Record<string, unknown>[]> {
  return ask(
    url,
    `select shape, count(*)::int as n, min(relname) as one from (
       select c.relname, replace(concat_ws(E'\\n', left(c.relname, 10), c.relacl::text, c.relowner::regrole::text,
         (select string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attstorage, attacl::text, col_description(attrelid, attnum),
                 (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = attrelid and adnum = attnum)), E'\\n' order by attname)
          from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped),
         (select string_agg(pg_get_constraintdef(k.oid) || convalidated, E'\\n' order by pg_get_constraintdef(k.oid)) from pg_constraint k where conrelid = c.oid),
         (select string_agg(regexp_replace(pg_get_indexdef(indexrelid), 'INDEX \\S+ ON', '') || indisvalid, E'\\n' order by regexp_replace(pg_get_indexdef(indexrelid), 'INDEX \\S+ ON', '')) from pg_index where indrelid = c.oid),
         (select string_agg(tgname, ' ' order by tgname) from pg_trigger where tgrelid = c.oid and not tgisinternal)), substr(c.relname, 12), '{key}') as shape
       from pg_class c where relkind = 'r' and relname ~ '^user_(table|notes)_') s group by shape order by shape`,
  )
}

/** Everything of the schema that Postgres would dump, but for the tables of these tenants; needs the server's own program. */
export function dumpOf(url: string, without: readonly string[] = []): string | undefined {
  const folder = '/usr/lib/postgresql'
  const versions = existsSync(folder) ? readdirSync(folder).sort((a, b) => Number(b) - Number(a)) : []
  const program = versions.map((each) => `${folder}/${each}/bin/pg_dump`).find((each) => existsSync(each))
  if (program === undefined) return undefined
  const args = ['--schema-only', '--schema=public', ...without.map((key) => `--exclude-table=*_${key}`), url]
  return execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1e9 }).replaceAll(/^\\(un)?restrict .*$/gm, '')
}
