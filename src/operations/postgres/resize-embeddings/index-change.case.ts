import type { OperationCase } from '../../operation-case.ts'
import { tenants } from '../../../tenants/tenants-config.ts'
import { resizeEmbeddingsStep } from './resize-embeddings.ts'
import { config, extension, provision, vector } from './resize-world.case.ts'

const indexes = (of: string): string =>
  `select c.relname as table, m.amname as kind, count(*)::int as found from pg_index x join pg_class i on i.oid = x.indexrelid
   join pg_class c on c.oid = x.indrelid join pg_am m on m.oid = i.relam
   where c.relname like '${of}' and m.amname in ('hnsw', 'ivfflat') and x.indisvalid group by 1, 2 order by 1, 2`

const rows = `insert into documents select n, 'text ' || n, ('[' || n % 97 || ',' || n % 89 || ',1' || repeat(',0', 5) || ']')::extensions.vector from generate_series(1, 60) n`

/** The index alone is changed, of one table and of every tenant's: no vector is touched. */
export const indexChangeCases: readonly OperationCase[] = [
  {
    name: 'another kind of index of the same vectors, of some rows',
    steps: [resizeEmbeddingsStep('documents', { column: 'embedding', index: { m: 8, efConstruction: 32 } })],
    before: {
      documents: {},
      sql: [
        `${extension}; create table documents (id int primary key, content text, embedding extensions.vector(8)); ${rows}`,
        "create index by_meaning on documents using ivfflat (embedding extensions.vector_ip_ops) with (lists = 3) where content <> 'text 5'",
      ],
    },
    after: {
      documents: {},
      queries: [
        {
          sql: `select replace(substring(indexdef from 'USING .*'), 'extensions.', '') as def from pg_indexes where indexdef like '%USING hnsw%'`,
          rows: [
            {
              def: "USING hnsw (embedding vector_ip_ops) WITH (m='8', ef_construction='32') WHERE (content <> 'text 5'::text)",
            },
          ],
        },
        { sql: "select count(*)::int as n from pg_namespace where nspname ~ '^lockstep_'", rows: [{ n: 0 }] },
      ],
    },
    others: {
      documents: {},
      sql: [`insert into documents values (100, 'new', ${vector(1, 8)})`, 'delete from documents where id = 3'],
      afterDown: {
        documents: {},
        queries: [
          { sql: indexes('documents'), rows: [{ table: 'documents', kind: 'ivfflat', found: 1 }] },
          { sql: 'select count(*)::int as n, max(id) as last from documents', rows: [{ n: 60, last: 100 }] },
        ],
      },
    },
  },
  {
    name: 'no index in every tenant’s small table, new tenants included',
    tenants: config,
    steps: [resizeEmbeddingsStep(tenants('notes'), { column: 'embedding', index: 'none' })],
    before: {
      documents: {},
      sql: [
        `${extension}; ${provision}; create table owners (uid text); insert into owners values ('a'), ('b'); select create_notes(uid) from owners`,
        `insert into notes_a (content, embedding) values ('one', ${vector(1, 8)})`,
      ],
    },
    after: {
      documents: {},
      queries: [{ sql: 'select count(embedding)::int as n from notes_a', rows: [{ n: 1 }] }],
    },
    others: {
      documents: {},
      sql: ["insert into owners values ('c')", "select create_notes('c')"],
      afterDown: {
        documents: {},
        queries: [
          {
            sql: indexes('notes%'),
            rows: [
              { table: 'notes_a', kind: 'ivfflat', found: 1 },
              { table: 'notes_b', kind: 'ivfflat', found: 1 },
              { table: 'notes_c', kind: 'ivfflat', found: 1 },
            ],
          },
        ],
      },
    },
  },
]
