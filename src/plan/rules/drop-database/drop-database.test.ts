import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { dropDatabase } from './drop-database.ts'

describeSqlRule(dropDatabase, {
  finds: ['drop database shop;'],
  leaves: ['create database shop;'],
})
