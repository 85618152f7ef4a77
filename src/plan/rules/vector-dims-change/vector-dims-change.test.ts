import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { vectorDimsChange } from './vector-dims-change.ts'

describeSqlRule(vectorDimsChange, {
  finds: ['alter table docs alter column embedding type vector(3072);'],
  leaves: [
    'alter table docs add column embedding_large vector(3072);',
    `create table docs (embedding vector(1536));
alter table docs alter embedding type vector(3072);`,
  ],
})
