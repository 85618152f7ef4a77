import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { doBlockBackfill } from './do-block-backfill.ts'

describeSqlRule(doBlockBackfill, {
  finds: [
    `do $$ declare r record; begin
  for r in select id from users loop
    update users set language = 'en' where id = r.id;
  end loop;
end $$;`,
  ],
  leaves: [
    `do $$ begin
  loop
    update users set language = 'en' where id in (select id from users where language is null limit 5000);
    exit when not found;
    commit;
  end loop;
end $$;`,
    `do $$ begin
  update settings set value = 'x' where name = 'y';
end $$;`,
  ],
})
