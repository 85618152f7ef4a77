import type { LockstepError } from '../../../kernel/errors.ts'
import { quoteTable } from '../../../kernel/identifiers.ts'
import type { Look } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { groupsOf } from '../../table-targets.ts'
import type { Swap } from './swap.ts'
import { refusal } from './swap-refusal.ts'

interface Ties {
  readonly n: number
  readonly generated: boolean
  readonly identity: boolean
  readonly collated: boolean
  readonly referenced: boolean
  readonly replica: boolean
  readonly statistics: boolean
  readonly related: boolean
}

/** Tables asked in one statement. */
const tablesAsked = 200

/** What the shapes of tables do not tell. */
export async function tied(swap: Swap, there: readonly TableState[], look: Look): Promise<readonly LockstepError[]> {
  const found: (Ties & { readonly table: TableState })[] = []
  for (const group of groupsOf(there, tablesAsked)) {
    const rows = await look.tables.read((q) => q.query<Ties>(tiesStatement, [group.map(quoteTable), swap.column]))
    for (const row of rows) {
      const table = group[row.n - 1]
      if (table !== undefined) found.push({ ...row, table })
    }
  }
  const { column, to } = swap
  const where = (is: (ties: Ties) => boolean): readonly TableState[] => found.filter(is).map(({ table }) => table)
  const isInteger = ['smallint', 'integer', 'bigint'].includes(to)
  return [
    ...refusal(
      'LS-2125',
      where(({ generated }) => generated),
      `"${column}" is generated from other columns`,
      'change its expression by hand',
    ),
    ...refusal(
      'LS-2125',
      where(({ identity }) => identity && !isInteger),
      `"${column}" is an identity, which ${to} cannot be`,
      'drop the identity first',
    ),
    ...refusal(
      'LS-2125',
      where(({ collated }) => collated),
      `"${column}" has a collation of its own, which is not carried over`,
      'convert it into a column of another name: { to, up, down, as }',
    ),
    ...refusal(
      'LS-2123',
      where(({ referenced }) => referenced),
      `foreign keys refer to "${column}"`,
      'drop them in a migration before, convert the columns that refer to it as well, and add them after (addConstraint)',
    ),
    ...refusal(
      'LS-2125',
      where(({ replica }) => replica),
      `an index of "${column}" is the replica identity`,
      'set it to default or full first, and back when it is done',
    ),
    ...refusal(
      'LS-2123',
      where(({ statistics }) => statistics),
      `extended statistics speak of "${column}"`,
      'drop them first and create them anew when it is done',
    ),
    ...refusal(
      'LS-2125',
      where(({ related }) => related),
      'the table has partitions or heirs, or is one, or is of a type',
      'convert it into a column of another name: { to, up, down, as }',
    ),
  ]
}

const tiesStatement = `
select w.n::int as n, a.attgenerated <> '' as generated, a.attidentity <> '' as identity,
       a.attcollation <> 0 and a.attcollation <> (select typcollation from pg_catalog.pg_type where oid = a.atttypid) as collated,
       exists (select from pg_catalog.pg_constraint k where k.confrelid = a.attrelid and a.attnum = any(k.confkey)) as referenced,
       exists (select from pg_catalog.pg_index i where i.indrelid = a.attrelid and i.indisreplident and a.attnum = any(i.indkey)) as replica,
       exists (select from pg_catalog.pg_statistic_ext s where s.stxrelid = a.attrelid
               and exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass and d.objid = s.oid
                           and d.refobjid = a.attrelid and d.refobjsubid = a.attnum)) as statistics,
       c.relkind = 'p' or c.reloftype <> 0 or exists (select from pg_catalog.pg_inherits h where h.inhrelid = c.oid or h.inhparent = c.oid) as related
from unnest($1::text[]) with ordinality as w(name, n)
join pg_catalog.pg_class c on c.oid = w.name::pg_catalog.regclass
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = $2 and not a.attisdropped`
