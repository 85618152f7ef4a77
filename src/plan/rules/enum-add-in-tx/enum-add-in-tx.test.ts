import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { enumAddInTx } from './enum-add-in-tx.ts'

describeSqlRule(enumAddInTx, {
  finds: [
    `begin;
alter type mood add value 'calm';
update users set mood = 'calm' where id = 7;
commit;`,
    { sql: `begin; alter type mood add value 'calm'; commit;`, version: '11.2' },
  ],
  leaves: [
    `alter type mood add value 'calm' after 'happy';
update users set mood = 'calm' where id = 7;`,
    `begin;
alter type mood add value 'calm';
commit;`,
  ],
})
