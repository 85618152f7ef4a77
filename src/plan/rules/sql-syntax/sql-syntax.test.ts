import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { sqlSyntax } from './sql-syntax.ts'

describeSqlRule(sqlSyntax, {
  finds: ['create tabel orders (id int);', `select 'abc`],
  leaves: ['create table orders (id int);', '-- nothing here'],
})
