import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { triggerCreateOnHotTable } from './trigger-create-on-hot-table.ts'

describeSqlRule(triggerCreateOnHotTable, {
  finds: ['create trigger touch before update on orders for each row execute function touch();'],
  leaves: [
    `create table orders (id int);
create trigger touch before update on orders for each row execute function touch();`,
  ],
})
