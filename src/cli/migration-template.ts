/** What the first step of a new migration can be. */
export const templateKinds = [
  'addField',
  'removeField',
  'renameField',
  'convertField',
  'moveToSubcollection',
  'foldSubcollection',
  'renameCollection',
  'splitDocument',
  'mergeDocuments',
  'transformDocuments',
  'ensureIndex',
  'createTable',
  'addColumn',
  'convertColumn',
  'renameColumn',
  'addIndex',
  'setNotNull',
  'addConstraint',
  'dropColumn',
  'resizeEmbeddings',
  'replaceFunction',
  'sql',
  'empty',
] as const

export type TemplateKind = (typeof templateKinds)[number]

/** The text of a new migration: it type-checks as it is, and says what to put where. */
export function migrationTemplate(kind: TemplateKind, slug: string): string {
  const summary = slug.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase())
  const { imports, step } = templates[kind]
  return `import { ${imports.join(', ')} } from 'lockstep'

export default defineMigration({
  summary: '${summary}',
  steps: [
${step.map((line) => `    ${line}`).join('\n')}
  ],
})
`
}

interface Template {
  readonly imports: readonly string[]
  readonly step: readonly string[]
  /** A file that the step reads, by path from the project's folder. */
  readonly file?: readonly [path: string, text: string]
}

/** The file that the first step of such a migration reads, to be written where it is not there yet. */
export function templateFile(kind: TemplateKind): readonly [path: string, text: string] | undefined {
  return templates[kind].file
}

function onPostgres(...step: readonly string[]): Template {
  return { imports: ['defineMigration', 'postgres'], step }
}

function onFirestore(...step: readonly string[]): Template {
  return { imports: ['defineMigration', 'firestore'], step }
}

const templates: Readonly<Record<TemplateKind, Template>> = {
  addField: onFirestore(
    '// Documents that have the field already are left as they are.',
    "firestore.addField('Users/{uid}', { language: 'en' }),",
  ),
  removeField: onFirestore(
    '// Removed by complete, not before: old clients need it until then.',
    "firestore.removeField('Users/{uid}', 'fax'),",
  ),
  renameField: onFirestore(
    '// Both names are kept in step until complete.',
    "firestore.renameField('Users/{uid}', 'mail', 'contact.email'),",
  ),
  convertField: onFirestore(
    '// Beside: old clients go on with the old field until complete. Say what is to become of what would be lost.',
    "firestore.convertField('Users/{uid}', 'birthday', {",
    "  from: 'string',",
    "  to: 'timestamp',",
    "  format: ['DD/MM/YYYY', 'YYYY-MM-DD'],",
    "  zone: 'UTC',",
    "  strategy: 'beside',",
    "  as: 'bornOn',",
    "  accept: { unparsable: 'null', formatting: 'keep' },",
    '}),',
  ),
  moveToSubcollection: onFirestore(
    '// Each entry of the map becomes a document; its key is the id, and the field name.',
    "firestore.moveToSubcollection('Users/{uid}', 'workflows', { into: 'workflows', key: 'name' }),",
  ),
  foldSubcollection: onFirestore(
    '// Each document of the subcollection becomes an entry of a map of its parent.',
    "firestore.foldSubcollection('Users/{uid}', 'settings', { into: 'settings' }),",
  ),
  renameCollection: onFirestore(
    '// With everything below. The target may name another parent, with the same placeholders.',
    "firestore.renameCollection('Customers/{id}', 'customers/{id}'),",
  ),
  splitDocument: onFirestore(
    '// These fields go to a document of their own.',
    "firestore.splitDocument('Users/{uid}', { into: 'Profiles/{uid}', fields: ['name', 'photo'] }),",
  ),
  mergeDocuments: onFirestore(
    '// Each source becomes a map of its target.',
    "firestore.mergeDocuments('Profiles/{uid}', { into: 'Users/{uid}', as: 'profile' }),",
  ),
  transformDocuments: onFirestore(
    '// The marker tells documents in the new shape; functions must be pure.',
    "firestore.transformDocuments('Users/{uid}', {",
    "  marker: { field: 'shape', value: 2 },",
    "  reads: ['status'],",
    "  up: (user) => ({ ...user, status: user['status'] === 'on' ? 'active' : 'idle' }),",
    "  down: (user) => ({ ...user, status: user['status'] === 'active' ? 'on' : 'off' }),",
    '}),',
  ),
  ensureIndex: onFirestore(
    '// Written to firestore.indexes.json; with create: true also built, and waited for.',
    "firestore.ensureIndex('messages', { fields: [['timestamp', 'desc']], scope: 'COLLECTION_GROUP' }),",
  ),
  createTable: onPostgres(
    "// Or tenants('…') for one each. Row security is on, and nobody has a right who is not named.",
    "postgres.createTable('events', {",
    '  columns: {',
    "    id: { type: 'bigint', identity: 'always' },",
    "    at: { type: 'timestamptz', notNull: true, default: { sql: 'now()' } },",
    "    text: 'text',",
    '  },',
    "  primaryKey: 'id',",
    "  indexes: ['at'],",
    '}),',
  ),
  addColumn: {
    imports: ['defineMigration', 'postgres'],
    step: [
      "// One table, or tenants('user_table') for every tenant's table of a template in lockstep.config.ts.",
      "postgres.addColumn('users', 'language', 'text', { default: 'en' }),",
    ],
  },
  convertColumn: {
    imports: ['defineMigration', 'postgres'],
    step: [
      '// SQL over the row, both ways; both columns are kept in step until complete.',
      "postgres.convertColumn('orders', 'cents', {",
      "  to: 'numeric(12,2)',",
      "  up: 'cents / 100.0',",
      "  down: 'round(amount * 100)',",
      "  as: 'amount',",
      '}),',
    ],
  },
  renameColumn: {
    imports: ['defineMigration', 'postgres'],
    step: ['// Both names are kept in step until complete.', "postgres.renameColumn('users', 'mail', 'email'),"],
  },
  addIndex: onPostgres(
    '// Plain for small tables, concurrently for others.',
    "postgres.addIndex('users', 'email', { unique: true }),",
  ),
  resizeEmbeddings: onPostgres(
    '// Filled beside the table, which it then takes the place of; `large` is an embedder of lockstep.config.ts.',
    "postgres.resizeEmbeddings('documents', { column: 'embedding', from: 'content', embedder: 'large', dimensions: 3072 }),",
  ),
  setNotNull: onPostgres(
    '// Old clients may go on leaving it empty until complete: a trigger fills it in.',
    "postgres.setNotNull('users', 'status', { fill: 'active' }),",
  ),
  addConstraint: onPostgres(
    '// Or foreignKey with references, unique, primaryKey. Clients that violate it get errors from the cutover on.',
    "postgres.addConstraint('orders', { check: 'total >= 0' }),",
  ),
  dropColumn: onPostgres(
    '// Dropped by complete, not before: old clients need it until then.',
    "postgres.dropColumn('users', 'fax'),",
  ),
  replaceFunction: {
    imports: ['defineMigration', 'postgres'],
    step: [
      '// The whole CREATE FUNCTION, and nothing else, is in the file. What it leaves out stays as it is.',
      "postgres.replaceFunction('match_documents', { file: 'sql/match_documents.sql' }),",
    ],
    file: [
      'sql/match_documents.sql',
      `create or replace function match_documents(uid text) returns setof text
language sql
stable
set search_path = ''
as $$
  select content from public.documents where owner = uid
$$;
`,
    ],
  },
  sql: {
    imports: ['defineMigration', 'postgres'],
    step: [
      '// verify gives a row for each thing that is not yet as up makes it, and none once it is.',
      'postgres.sql({',
      "  up: 'create view open_orders as select * from orders where closed_at is null',",
      "  down: 'drop view open_orders',",
      '  verify: "select 1 where to_regclass(\'open_orders\') is null",',
      '}),',
    ],
  },
  empty: {
    imports: ['defineMigration'],
    step: [
      '// One entry a change, in order. Import firestore and postgres beside defineMigration, then for example:',
      "// firestore.addField('Users/{uid}', { language: 'en' }),",
      "// postgres.addColumn('users', 'language', 'text', { default: 'en' }),",
    ],
  },
}
