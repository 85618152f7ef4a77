import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { renameSchema } from './rename-schema.ts'

describeSqlRule(renameSchema, {
  finds: ['alter schema shop rename to store;'],
  leaves: ['create schema store;'],
})
