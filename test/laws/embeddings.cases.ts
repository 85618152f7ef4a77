import { createLocalEmbedder } from '../../src/embeddings/local-embedder.ts'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import { resizeEmbeddingsStep } from '../../src/operations/postgres/resize-embeddings/resize-embeddings.ts'
import { tenants } from '../../src/tenants/tenants-config.ts'

const nothing = { documents: {}, sql: [], afterDown: { documents: {}, queries: [] } }
const table = `create schema if not exists extensions; create extension if not exists vector schema extensions;
  create table documents (id int primary key, content text, embedding extensions.vector(8));
  insert into documents select n, 'text ' || n, ('[1' || repeat(',0', 7) || ']')::extensions.vector from generate_series(1, 30) n`

const local = createLocalEmbedder({ model: 'hash-2', dimensions: 16 })
/** Refuses one of the texts. */
const picky = {
  ...local,
  embed: async (texts: readonly string[], options: Parameters<typeof local.embed>[1]) => {
    const answers = await local.embed(texts, options)
    return answers.map((answer, n) => (texts[n] === 'text 7' ? { failed: 'the provider refused it' } : answer))
  },
}

const step = (options: object) =>
  resizeEmbeddingsStep('documents', {
    column: 'embedding',
    from: 'content',
    embedder: 'large',
    dimensions: 16,
    ...options,
  })

export const wrongModel: OperationCase = {
  name: 'stored vectors are not of the model that they are said to be of',
  embedders: { small: { provider: 'local', dimensions: 8 }, large: { provider: 'local', dimensions: 16 } },
  steps: [step({ was: 'small' })],
  before: { documents: {}, sql: [table] },
  after: { documents: {}, queries: [] },
  others: nothing,
}

export const refusedText: OperationCase = {
  name: 'the provider refuses a text',
  embedders: { large: { provider: 'custom', embedder: picky } },
  steps: [step({})],
  before: { documents: {}, sql: [table] },
  after: { documents: {}, queries: [] },
  others: nothing,
}

export const manyRows: OperationCase = {
  name: 'an index that pays, and one that finds too little',
  embedders: { large: { provider: 'local', dimensions: 16 } },
  steps: [step({ index: 'hnsw', verify: { recall: 1, k: 5 } })],
  before: {
    documents: {},
    sql: [`${table}; insert into documents select n, 'row ' || n % 900 from generate_series(31, 2500) n`],
  },
  after: { documents: {}, queries: [] },
  others: nothing,
}

/** What others do while a text is embedded by the model of before. */
export const meanwhile = { work: async (): Promise<void> => {} }

const small = createLocalEmbedder({ model: 'hash-1', dimensions: 8 })
const watched = {
  ...small,
  embed: async (texts: readonly string[], options: Parameters<typeof small.embed>[1]) => {
    await meanwhile.work()
    return small.embed(texts, options)
  },
}

const embedders = {
  small: { provider: 'custom', embedder: watched },
  large: { provider: 'local', dimensions: 16 },
} as const

export const leftOver: OperationCase = {
  name: 'rows come back without their vectors',
  embedders,
  steps: [step({ was: 'small' })],
  before: { documents: {}, sql: [`${table}; truncate documents`] },
  after: { documents: {}, queries: [] },
  others: nothing,
}

export const bornLater: OperationCase = {
  name: 'a tenant is born in the new shape',
  tenants: {
    source: { from: 'sql', sql: 'select uid from app_users' },
    key: 'plain',
    tables: { notes: 'notes_{key}' },
    provision: 'create_notes(text)',
  },
  embedders,
  steps: [
    resizeEmbeddingsStep(
      { tenants: 'notes' },
      { column: 'embedding', from: 'content', embedder: 'large', dimensions: 16, was: 'small' },
    ),
  ],
  before: {
    documents: {},
    sql: [
      `create schema if not exists extensions; create extension if not exists vector schema extensions;
       create table app_users (uid text primary key);
       create function create_notes(uid text) returns void language plpgsql as $f$ begin
         execute format('create table %I (id int primary key, content text, embedding extensions.vector(8))', 'notes_' || uid);
         insert into app_users values (uid);
       end $f$;
       select create_notes('a')`,
    ],
  },
  after: { documents: {}, queries: [] },
  others: nothing,
}

/** Tables that are born with an index of the old kind. */
export const indexAlone: OperationCase = {
  name: 'another kind of index, and no other vectors',
  tenants: {
    source: { from: 'sql', sql: 'select uid from app_users' },
    key: 'plain',
    tables: { notes: 'notes_{key}' },
    provision: 'create_notes(text)',
  },
  steps: [resizeEmbeddingsStep(tenants('notes'), { column: 'embedding', index: 'hnsw', verify: { recall: 1, k: 5 } })],
  before: {
    documents: {},
    sql: [
      `create schema if not exists extensions; create extension if not exists vector schema extensions;
       create table app_users (uid text primary key);
       create function create_notes(uid text) returns void language plpgsql as $f$ begin
         execute format('create table %I (id int primary key, embedding extensions.vector(8))', 'notes_' || uid);
         execute format('create index %I on %I using ivfflat (embedding extensions.vector_l2_ops) with (lists = 50)', 'old_' || uid, 'notes_' || uid);
         insert into app_users values (uid);
       end $f$;
       select create_notes('a');
       insert into notes_a select n, ('[' || n % 17 || ',' || n % 13 || repeat(',1', 6) || ']')::extensions.vector from generate_series(1, 200) n`,
    ],
  },
  after: { documents: {}, queries: [] },
  others: nothing,
}

/** Small tables of many tenants; half of their texts repeat another. The test adds the embedder. */
export const manyTables: OperationCase = {
  name: 'small tables of many tenants',
  tenants: { source: { from: 'sql', sql: 'select uid from owners' }, key: 'plain', tables: { notes: 'notes_{key}' } },
  steps: [
    resizeEmbeddingsStep(tenants('notes'), { column: 'embedding', from: 'content', embedder: 'large', dimensions: 16 }),
  ],
  before: {
    documents: {},
    sql: [
      `create schema if not exists extensions; create extension if not exists vector schema extensions; create table owners (uid text);
       do $$ begin for n in 1..15 loop
         insert into owners values (n);
         execute format('create table notes_%s (id int primary key, content text, embedding extensions.vector(8))', n);
         execute format('insert into notes_%s select i, ''note '' || (i * 31 + %s) %% 250 from generate_series(1, 34) i', n, n * 7);
       end loop; end $$`,
    ],
  },
  after: { documents: {}, queries: [] },
  others: nothing,
}
