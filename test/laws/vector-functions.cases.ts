import { createLocalEmbedder } from '../../src/embeddings/local-embedder.ts'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import { resizeEmbeddingsStep } from '../../src/operations/postgres/resize-embeddings/resize-embeddings.ts'
import type { ResizeEmbeddingsOptions } from '../../src/operations/postgres/resize-embeddings/resize-spec.ts'

const nothing = { documents: {}, sql: [], afterDown: { documents: {}, queries: [] } }

const table = `create schema if not exists extensions; create extension if not exists vector schema extensions;
  do $$ begin if not exists (select from pg_roles where rolname = 'law_searcher') then create role law_searcher; end if; end $$;
  create table documents (id int primary key, content text, embedding extensions.vector(8));
  grant usage on schema public, extensions to law_searcher; grant select on documents to law_searcher;
  insert into documents select n, 'text ' || n, ('[' || n || repeat(',1', 7) || ']')::extensions.vector from generate_series(1, 9) n`

const distance = 'embedding operator(extensions.<->) query'

/** As clients know them: by bare names, by qualified ones, and in dynamic SQL. */
const functions = [
  `create function near(query extensions.vector(8), most int default 2) returns table (id int, content text) language sql stable rows 7
     as 'select d.id, d.content from documents d order by d.${distance} limit most'`,
  `comment on function near(extensions.vector, int) is 'what is near'`,
  'revoke all on function near(extensions.vector, int) from public; grant execute on function near(extensions.vector, int) to law_searcher',
  `create function nearest(query extensions.vector) returns int language plpgsql stable security definer set search_path = ''
     as 'begin return (select d.id from "public".documents d order by d.${distance} limit 1); end'`,
  `create function near_in(of text, query extensions.vector) returns setof int language plpgsql stable
     as $$ begin return query execute format('select d.id from public.%I d order by d.${distance.replace('query', '$1')} limit 1', of) using query; end $$`,
]

const searched = (
  name: string,
  options: Partial<ResizeEmbeddingsOptions>,
  {
    sql = functions,
    sources = {},
  }: { readonly sql?: readonly string[]; readonly sources?: Record<string, string> } = {},
): OperationCase => ({
  name,
  embedders: {
    small: { provider: 'local', dimensions: 8 },
    other: { provider: 'local', model: 'hash-2', dimensions: 8 },
    large: { provider: 'local', dimensions: 16 },
  },
  steps: [
    resizeEmbeddingsStep('documents', {
      column: 'embedding',
      from: 'content',
      embedder: 'large',
      dimensions: 16,
      index: 'none',
      ...options,
    }),
  ],
  before: { documents: {}, sql: [table, ...sql] },
  after: { documents: {}, queries: [] },
  others: nothing,
  sources,
})

export const byDimension: OperationCase = searched('functions serve queries of both dimensions', {
  functions: ['near', 'nearest', 'near_in(text, extensions.vector)'],
})

export const byFile: OperationCase = searched(
  'a function has another body for the new vectors',
  { functions: [{ name: 'near', file: 'sql/near.sql' }] },
  {
    sources: {
      'sql/near.sql': `create or replace function near(query extensions.vector, most int default 2) returns table (id int, content text)
        language sql stable as 'select 0 - d.id, d.content from documents d order by d.${distance} limit most'`,
    },
  },
)

const answers = await createLocalEmbedder({ dimensions: 8 }).embed(
  Array.from({ length: 9 }, (_, n) => `text ${n + 1}`),
  {},
)
const told = [
  ...answers.flatMap((answer, n) =>
    'vector' in answer ? [`update documents set embedding = '[${answer.vector.join(',')}]' where id = ${n + 1}`] : [],
  ),
  `create function near_by(model text, query extensions.vector) returns setof int language sql stable
  as 'select d.id from documents d order by d.${distance} limit 1'`,
]
const sameDimension = { embedder: 'other', dimensions: 8, was: 'small' } as const

export const byModel: OperationCase = searched(
  'a function is told the model where the dimension stays',
  { ...sameDimension, functions: [{ name: 'near_by', model: 'model' }] },
  { sql: told },
)

export const untold: OperationCase = searched(
  'a function that nobody tells the model',
  { ...sameDimension, functions: ['near_by', 'nowhere', { name: 'near_by', model: 'of' }] },
  { sql: told },
)
