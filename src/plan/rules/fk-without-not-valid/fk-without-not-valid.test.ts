import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { fkWithoutNotValid } from './fk-without-not-valid.ts'

describeSqlRule(fkWithoutNotValid, {
  finds: [
    'alter table orders add constraint orders_customer foreign key (customer_id) references customers (id);',
    'alter table orders add column customer_id int default 1 references customers;',
  ],
  leaves: [
    'alter table orders add constraint orders_customer foreign key (customer_id) references customers (id) not valid;',
    'alter table orders add column customer_id int references customers;',
    `create table orders (id int);
alter table orders add foreign key (id) references customers;`,
  ],
  fixes: [
    [
      'alter table shop.orders add constraint c foreign key (a) references b (id);',
      `alter table shop.orders add constraint c foreign key (a) references b (id) not valid;
alter table shop.orders validate constraint c;`,
    ],
  ],
})
