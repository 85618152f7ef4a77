import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { plpgsqlBodyReferences } from './plpgsql-body-references.ts'

describeSqlRule(plpgsqlBodyReferences, {
  finds: [
    'create function f() returns int language plpgsql as $$ begin retrun 1; end $$;',
    `create function f() returns bigint language sql as 'select count(*) from orders';
drop table orders;`,
  ],
  leaves: [
    'create function f() returns int language plpgsql as $$ begin return 1; end $$;',
    `create function f() returns bigint language sql as 'select count(*) from orders';
drop table orders;
create or replace function f() returns bigint language sql as 'select 0::bigint';`,
    'create function f() returns int language plpython3u as $$ retrun 1 $$;',
  ],
})
