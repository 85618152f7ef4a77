import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { dropSchema } from './drop-schema.ts'

describeSqlRule(dropSchema, {
  finds: ['drop schema shop cascade;'],
  leaves: ['drop schema if exists shop;'],
})
