import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { enumRemove } from './enum-remove.ts'

describeSqlRule(enumRemove, {
  finds: [
    `delete from pg_enum where enumlabel = 'sad';`,
    `update pg_catalog.pg_enum set enumlabel = 'x' where enumlabel = 'y';`,
  ],
  leaves: [`update users set mood = 'happy' where id = 7;`],
})
