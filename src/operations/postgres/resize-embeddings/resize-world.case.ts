import { createLocalEmbedder } from '../../../embeddings/local-embedder.ts'

/** Models of two sizes, and another of the smaller. */
export const embedders = {
  small: { provider: 'local', dimensions: 8 },
  large: { provider: 'local', dimensions: 16 },
  other: { provider: 'local', model: 'hash-2', dimensions: 8 },
} as const

/** Not in schema public, as on Supabase. */
export const extension = `create schema if not exists extensions; create extension if not exists vector schema extensions`

/** All that can hang on a table. */
export const everything = `
create table places (id int primary key); insert into places values (1), (2);
create table documents (
  id serial primary key, content text, embedding extensions.vector(8), place int references places (id) on delete cascade,
  label text unique, length int generated always as (length(content)) stored, seen int not null default 0, constraint seen_check check (seen >= 0));
create index documents_label_idx on documents (lower(label)) where label <> '';
create index documents_embedding_idx on documents using ivfflat (embedding extensions.vector_cosine_ops) with (lists = 1);
create function count_seen() returns trigger language plpgsql as 'begin new.seen := old.seen + 1; return new; end';
create trigger seen before update on documents for each row execute function count_seen();
create function near_documents(query extensions.vector, most int default 1) returns table (id int) language sql stable
  as 'select d.id from public.documents d where d.embedding is not null order by d.embedding operator(extensions.<=>) query, d.id limit most';
comment on table documents is 'what was said';
comment on column documents.embedding is 'by the small model';
comment on trigger seen on documents is 'counts';
alter table documents enable row level security;
create policy readers on documents for select to public using (seen >= 0);
alter table documents set (fillfactor = 90);
insert into documents (content, place, label) select 'text number ' || n, 1 + n % 2, 'l' || n from generate_series(1, 25) n;
insert into documents (content, label) values (null, 'none'), ('  ', 'blank'), ('text number 1', 'twice');
update documents set embedding = ('[1' || repeat(',0', 7) || ']')::extensions.vector where content is not null`

/** Tenants whose tables are made by a function. */
export const config = {
  source: { from: 'sql', sql: 'select uid from owners order by uid' },
  key: 'plain',
  tables: { notes: 'notes_{key}' },
  provision: 'create_notes(text)',
} as const

export const provision = `
create function create_notes(uid text) returns void language plpgsql as $$
begin
  execute format('create table %I (id int generated always as identity primary key, content text, embedding extensions.vector(8))', 'notes_' || uid);
  execute format('create index %I on %I using ivfflat (embedding extensions.vector_cosine_ops) with (lists = 1)', 'notes_' || uid || '_embedding_idx', 'notes_' || uid);
end $$`

/** SQL of a vector. */
export const vector = (value: number, dimensions: number): string =>
  `('[${value}' || repeat(',0', ${dimensions - 1}) || ']')::extensions.vector`

/** Texts with the vectors of one model, and of another. */
export const said = ['first text', 'second text', 'third text'] as const
const vectorsOf = async (model: string, texts: readonly string[]): Promise<readonly string[]> =>
  (await createLocalEmbedder({ model, dimensions: 8 }).embed(texts, {})).map((answer) =>
    'vector' in answer ? `[${answer.vector.join(',')}]` : '',
  )
export const stored = await vectorsOf('hash-1', said)
export const changed = await vectorsOf('hash-1', ['changed text', 'new text'])
export const other = await vectorsOf('hash-2', ['changed text', 'new text'])
