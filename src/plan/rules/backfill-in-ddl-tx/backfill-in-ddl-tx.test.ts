import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { backfillInDdlTx } from './backfill-in-ddl-tx.ts'

describeSqlRule(backfillInDdlTx, {
  finds: [
    `begin;
alter table users add column language text;
update users set language = 'en' where language is null;
commit;`,
    {
      sql: `alter table users add column language text;
update users set language = 'en';`,
      inTransaction: true,
    },
    `do $$ begin
  alter table users add column language text;
  update users set language = 'en';
end $$;`,
  ],
  leaves: [
    `begin;
alter table users add column language text;
commit;
update users set language = 'en' where id between 1 and 5000;`,
    `begin;
create table t (a int);
alter table t add column b int;
insert into t select 1, 2;
commit;`,
  ],
})
