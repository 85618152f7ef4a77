import type { OperationCase } from '../../src/operations/operation-case.ts'
import { convertColumnStep } from '../../src/operations/postgres/convert-column/convert-column.ts'
import type {
  ConvertColumnOptions,
  RetypeColumnOptions,
} from '../../src/operations/postgres/convert-column/convert-column.ts'

function leaving(name: string, options: ConvertColumnOptions | RetypeColumnOptions): OperationCase {
  const nothing = { documents: {}, queries: [] }
  return {
    name,
    steps: [convertColumnStep('orders', 'total', { ...options, leave: ['odd', 'late', 'alone', 'cheap'] })],
    before: {
      documents: {},
      sql: [
        `create table orders (id int primary key, note text, total int not null constraint cheap check (total < 1000));
         create index odd on orders ((total + 1)) where note is null;
         create index plain on orders (total);
         alter table orders add constraint late unique (total, id) deferrable, add constraint alone exclude (total with =);
         insert into orders select n, null, n from generate_series(1, 9) n`,
      ],
    },
    after: nothing,
    others: { documents: {}, sql: [], afterDown: nothing },
  }
}

/** What is left behind goes with the old column, in `complete`. */
export const leftBehindCases: readonly OperationCase[] = [
  leaving('what an exchanged column leaves behind', { from: 'integer', to: 'bigint' }),
  leaving('what a converted column leaves behind', { to: 'bigint', up: 'total', down: 'amount::int', as: 'amount' }),
]
