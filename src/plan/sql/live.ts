import { managedSchemas } from './schemas.ts'

/** SQL that is true for a schema of the user's own. */
export function userSchemas(column: string): string {
  const managed = [...managedSchemas, 'information_schema', 'lockstep', 'cron', 'net', 'pgboss', 'pgmq']
  return `${column} !~ '^pg_' and ${column} not in (${managed.map((name) => `'${name}'`).join(', ')})`
}

/** SQL of a name with every tenant's key left out, so that a thousand tables of one kind are one. */
export function family(column: string): string {
  return `pg_catalog.regexp_replace(${column}::text, '[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f-]{27}', '{key}', 'g')`
}

/** SQL that is true where the API's roles may use a schema; false on a server that has no such roles. */
export function servedSchemas(oid: string): string {
  return `exists (select 1 from pg_catalog.pg_roles api where api.rolname in ('anon', 'authenticated')
                    and pg_catalog.has_schema_privilege(api.oid, ${oid}, 'USAGE'))`
}

/** `an index`, or how many of them. */
export function plural(count: number, one: string, many: string): string {
  return count === 1 ? `the ${one}` : `${count} ${many}`
}
