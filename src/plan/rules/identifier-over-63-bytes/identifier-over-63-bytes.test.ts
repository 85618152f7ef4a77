import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { identifierOver63Bytes } from './identifier-over-63-bytes.ts'

describeSqlRule(identifierOver63Bytes, {
  finds: [
    'create index idx_user_embeddings_0123456789abcdef0123456789abcdef_embedding_hnsw on t (a);',
    'create table "größere_Tabellen_mit_sehr_langen_Namen_sind_länger_als_erlaubt_ü" (a int primary key);',
  ],
  leaves: [
    'create index user_embeddings_0123456789abcdef0123456789abcdef_idx on t (a);',
    `select 'a text of more than sixty-three bytes is no name, and so it may be as long as it likes';`,
  ],
})
