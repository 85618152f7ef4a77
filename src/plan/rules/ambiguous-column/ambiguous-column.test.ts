import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { ambiguousColumn } from './ambiguous-column.ts'

describeSqlRule(ambiguousColumn, {
  finds: [
    `create table users (id bigint primary key, email text);
create function find_user(email text) returns bigint language sql as $$ select id from users where email = $1 $$;`,
    `create function f(table_name text) returns boolean language plpgsql as $$ begin
  return exists (select 1 from information_schema.tables where table_name = 'x');
end $$;`,
  ],
  leaves: [
    `create table users (id bigint primary key, email text);
create function find_user(p_email text) returns bigint language sql as $$ select id from users where email = p_email $$;`,
    `create table users (id bigint primary key, email text);
create function find_user(email text) returns bigint language sql as $$
  select u.id from users u where u.email = find_user.email
$$;`,
  ],
})
