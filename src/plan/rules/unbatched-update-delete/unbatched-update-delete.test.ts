import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { unbatchedUpdateDelete } from './unbatched-update-delete.ts'

describeSqlRule(unbatchedUpdateDelete, {
  finds: [
    `update users set language = 'en';`,
    `delete from events where at < now() - interval '90 days';`,
    `update users set language = 'en' where language is null;`,
  ],
  leaves: [
    `update users set language = 'en' where id between 1 and 5000;`,
    `update users set language = 'en' where id > 5000 and id <= 10000;`,
    'delete from events where id in (select id from events where at < now() limit 5000);',
    `delete from settings where name = 'theme';`,
    'update users set a = 1 where id in (1, 2, 3);',
    `do $$ declare r record; begin
  for r in select id from users loop
    update users set language = 'en' where id = r.id;
  end loop;
end $$;`,
    `create table t (a int);
update t set a = 1;`,
  ],
})
