import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { notRerunnable } from './not-rerunnable.ts'

describeSqlRule(notRerunnable, {
  finds: [
    `alter table orders add column note text;
create index concurrently orders_note on orders (note);`,
  ],
  leaves: [
    'create index concurrently orders_note on orders (note);',
    `create unique index concurrently users_email on users (email);
alter table users add constraint users_email unique using index users_email;`,
    `alter table orders add column if not exists note text;
create index concurrently orders_note on orders (note);`,
    `begin;
alter table orders add column note text;
commit;`,
  ],
})
