import type { OperationCase } from '../../operation-case.ts'
import { tenants } from '../../../tenants/tenants-config.ts'
import { indexChangeCases } from './index-change.case.ts'
import { resizeEmbeddingsStep } from './resize-embeddings.ts'
import { changed, config, embedders, everything, extension } from './resize-world.case.ts'
import { other, provision, said, stored, vector } from './resize-world.case.ts'

/** One table with everything on it, and every tenant's; by a model, and by Postgres alone. */
export const resizeEmbeddingsCases: readonly OperationCase[] = [
  {
    name: 'a larger model, under a table with all that can hang on it',
    embedders,
    steps: [
      resizeEmbeddingsStep('documents', {
        column: 'embedding',
        from: 'content',
        embedder: 'large',
        dimensions: 16,
        index: 'hnsw',
        functions: ['near_documents'],
      }),
    ],
    before: { documents: {}, sql: [extension, everything] },
    after: {
      documents: {},
      queries: [
        {
          sql: `select count(*)::int as rows, count(embedding)::int as vectors, count(distinct embedding::text)::int as unique,
                  max(extensions.vector_dims(embedding)) as dims, sum(seen)::int as seen from documents`,
          rows: [{ rows: 28, vectors: 26, unique: 25, dims: 16, seen: 27 }],
        },
        {
          sql: `select (select count(*)::int from pg_trigger where tgrelid = 'documents'::regclass and tgname = 'seen') as triggers, (select count(*)::int from near_documents(${vector(1, 16)}, 3)) as new`,
          rows: [{ triggers: 1, new: 3 }],
        },
        {
          sql: "select last_value as id, pg_get_serial_sequence('documents', 'id') as owned from documents_id_seq",
          rows: [{ id: '28', owned: 'public.documents_id_seq' }],
        },
        {
          sql: "select change <> '' as told, dimensions, model like '%local%' as model from lockstep_vectors.pointers",
          rows: [{ told: true, dimensions: 16, model: true }],
        },
        {
          sql: "select string_agg(conname || ' ' || convalidated, ', ' order by conname) as valid from pg_constraint where conrelid = 'documents'::regclass and contype in ('c', 'f', 'u')",
          rows: [{ valid: 'documents_label_key true, documents_place_fkey true, seen_check true' }],
        },
        {
          sql: "select indexdef like '%hnsw%vector_cosine_ops%' as hnsw from pg_indexes where indexname = 'documents_embedding_idx' and schemaname = 'public'",
          rows: [{ hnsw: true }],
        },
      ],
    },
    others: {
      documents: {},
      sql: [
        `insert into documents (content, embedding, label) values ('new text', ${vector(1, 16)}, 'new')`,
        "update documents set content = 'other text' where id = 2",
        "update documents set label = 'l3 again' where id = 3",
        'update documents set id = 1004 where id = 4',
        'delete from documents where id = 5',
        "update documents set label = case label when 'l6' then 'l7 ' else 'l6' end where id in (6, 7)",
      ],
      afterDown: {
        documents: {},
        queries: [
          {
            sql: `select id, content, label, embedding is null as without from documents where id in (2, 3, 4, 5, 6, 7, 1004) or label = 'new' order by id`,
            rows: [
              { id: 2, content: 'other text', label: 'l2', without: true },
              { id: 3, content: 'text number 3', label: 'l3 again', without: false },
              { id: 6, content: 'text number 6', label: 'l7 ', without: false },
              { id: 7, content: 'text number 7', label: 'l6', without: false },
              { id: 29, content: 'new text', label: 'new', without: true },
              { id: 1004, content: 'text number 4', label: 'l4', without: true },
            ],
          },
          {
            sql: 'select key from lockstep_vectors.missing order by key',
            rows: [{ key: ['1004'] }, { key: ['2'] }, { key: ['29'] }],
          },
        ],
      },
    },
  },
  {
    name: "every tenant's vectors, new tenants included, and the old model for those that go back",
    tenants: config,
    embedders,
    steps: [
      resizeEmbeddingsStep(tenants('notes'), {
        column: 'embedding',
        from: 'content',
        embedder: 'large',
        dimensions: 16,
        type: 'halfvec',
      }),
    ],
    before: {
      documents: {},
      sql: [
        extension,
        `create table owners (uid text); insert into owners values ('a'), ('b')`,
        provision,
        "select create_notes('a'), create_notes('b')",
        "insert into notes_a (content) select 'note ' || n from generate_series(1, 5) n",
      ],
    },
    after: {
      documents: {},
      queries: [
        {
          sql: "select count(embedding)::int as n, min(format_type(a.atttypid, a.atttypmod)) as type from notes_a, pg_attribute a where attrelid = 'notes_a'::regclass and attname = 'embedding'",
          rows: [{ n: 5, type: 'extensions.halfvec(16)' }],
        },
        {
          sql: 'select table_name, dimensions from lockstep_vectors.pointers order by 1',
          rows: [
            { table_name: 'notes_a', dimensions: 16 },
            { table_name: 'notes_b', dimensions: 16 },
          ],
        },
      ],
    },
    others: {
      documents: {},
      sql: [
        "select create_notes('c'); insert into owners values ('c')",
        `insert into notes_c (content, embedding) values ('born new', ${vector(1, 16)})`,
        `insert into notes_a (content, embedding) values ('written new', ${vector(1, 16)})`,
        'truncate notes_b',
        `insert into notes_b (content, embedding) overriding system value values ('after all', ${vector(1, 16)})`,
      ],
      afterDown: {
        documents: {},
        queries: [
          {
            sql: "select (select count(*)::int from notes_a) as a, (select string_agg(content, ',') from notes_b) as b, (select string_agg(content, ',') from notes_c) as c",
            rows: [{ a: 6, b: 'after all', c: 'born new' }],
          },
          {
            sql: "select c.relname as name, format_type(a.atttypid, a.atttypmod) as type, (select count(*)::int from pg_index where indrelid = c.oid) as indexes from pg_attribute a join pg_class c on c.oid = a.attrelid where attname = 'embedding' and c.relkind = 'r' order by 1",
            rows: ['a', 'b', 'c'].map((key) => ({ name: `notes_${key}`, type: 'extensions.vector(8)', indexes: 2 })),
          },
        ],
      },
    },
  },
  {
    name: 'vectors become half as large, and go back, without a model',
    steps: [resizeEmbeddingsStep('documents', { column: 'embedding', type: 'halfvec' })],
    before: {
      documents: {},
      sql: [
        extension,
        `create table documents (a int, b text, embedding extensions.vector(4), primary key (b, a));
         insert into documents select n, 'b' || n % 3, ('[' || n || ',0,0,1]')::extensions.vector from generate_series(1, 30) n`,
      ],
    },
    after: {
      documents: {},
      queries: [
        {
          sql: 'select count(*)::int as n, sum(extensions.vector_dims(embedding))::int as dims, max(embedding::text) as most from documents',
          rows: [{ n: 30, dims: 120, most: '[9,0,0,1]' }],
        },
      ],
    },
    others: {
      documents: {},
      sql: [
        "update documents set embedding = '[5,5,5,5]' where a = 7",
        "insert into documents values (31, 'c', '[1,2,3,4]')",
        "update documents set b = 'z' where a = 8",
      ],
      afterDown: {
        documents: {},
        queries: [
          {
            sql: 'select a, b, embedding::text as e from documents where a in (7, 8, 31) order by a',
            rows: [
              { a: 7, b: 'b1', e: '[5,5,5,5]' },
              { a: 8, b: 'z', e: '[8,0,0,1]' },
              { a: 31, b: 'c', e: '[1,2,3,4]' },
            ],
          },
        ],
      },
    },
  },
  {
    name: 'another model of the same dimension, and the old one for what is written meanwhile',
    embedders,
    steps: [
      resizeEmbeddingsStep('documents', {
        column: 'embedding',
        from: 'content',
        embedder: 'other',
        dimensions: 8,
        was: 'small',
      }),
    ],
    before: {
      documents: {},
      sql: [
        extension,
        `create table documents (id int primary key, content text, embedding extensions.vector(8) not null)`,
        ...said.map((text, n) => `insert into documents values (${n}, '${text}', '${stored[n]}')`),
      ],
    },
    after: {
      documents: {},
      queries: [
        {
          sql: `select count(*)::int as n from documents where embedding::text = any (array[${stored.map((text) => `'${text}'::extensions.vector::text`).join(', ')}])`,
          rows: [{ n: 0 }],
        },
        {
          sql: "select model like '%hash-2%' as model, dimensions from lockstep_vectors.pointers",
          rows: [{ model: true, dimensions: 8 }],
        },
      ],
    },
    others: {
      documents: {},
      sql: [
        `update documents set content = 'changed text', embedding = '${other[0]}' where id = 0`,
        `insert into documents values (9, 'new text', '${other[1]}')`,
      ],
      afterDown: {
        documents: {},
        queries: [
          {
            sql: `select id, embedding::text = (case id when 0 then '${changed[0]}' when 1 then '${stored[1]}' when 2 then '${stored[2]}' else '${changed[1]}' end)::extensions.vector::text as old from documents order by id`,
            rows: [0, 1, 2, 9].map((id) => ({ id, old: true })),
          },
          { sql: "select to_regnamespace('lockstep_vectors')::text as left", rows: [{ left: null }] },
          {
            sql: "select attnotnull as required from pg_attribute where attrelid = 'documents'::regclass and attname = 'embedding'",
            rows: [{ required: true }],
          },
        ],
      },
    },
  },
  {
    name: 'vectors are cut inside a model that allows it, and no model is asked',
    steps: [
      resizeEmbeddingsStep('documents', { column: 'embedding', dimensions: 2, within: 'text-embedding-3-large' }),
    ],
    before: {
      documents: {},
      sql: [
        extension,
        `create table documents (id int primary key, embedding extensions.vector(4));
         insert into documents values (1, '[0.6,0.8,0,0]'), (2, '[0.3,0.4,0.8,0.6]'), (3, null)`,
      ],
    },
    after: {
      documents: {},
      queries: [
        {
          sql: 'select id, embedding::text as e from documents order by id',
          rows: [
            { id: 1, e: '[0.6,0.8]' },
            { id: 2, e: '[0.6,0.8]' },
            { id: 3, e: null },
          ],
        },
      ],
    },
    others: {
      documents: {},
      sql: ["update documents set embedding = '[1,0]' where id = 1", 'update documents set id = 4 where id = 2'],
      afterDown: {
        documents: {},
        queries: [
          {
            sql: 'select id, embedding::text as e from documents order by id',
            rows: [
              { id: 1, e: null },
              { id: 3, e: null },
              { id: 4, e: null },
            ],
          },
        ],
      },
    },
  },
  ...indexChangeCases,
]
