/** Schemas that Supabase itself keeps. */
export const managedSchemas: ReadonlySet<string> = new Set([
  'auth',
  'storage',
  'realtime',
  'vault',
  'graphql',
  'graphql_public',
  'extensions',
  'pgbouncer',
  'pgsodium',
  'supabase_functions',
  'supabase_migrations',
  '_realtime',
])

/** The schema of a full name. */
export function schemaOf(name: string): string {
  return name.split('.')[0] ?? ''
}
