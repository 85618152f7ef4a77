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
  return knots(swap).flatMap(({ code, is, what, hint }) =>
    refusal(
      code,
      found.filter(is).map(({ table }) => table),
      what,
      hint,
    ),
  )
}

interface Knot {
  readonly code: 'LS-2123' | 'LS-2125'
  readonly is: (ties: Ties) => boolean
  readonly what: string
  readonly hint: string
}

const beside = 'convert it into a column of another name: { to, up, down, as }'

function knots({ column, to }: Swap): readonly Knot[] {
  const isInteger = ['smallint', 'integer', 'bigint'].includes(to)
  const refused = (is: Knot['is'], what: string, hint: string): Knot => ({ code: 'LS-2125', is, what, hint })
  const needed = (is: Knot['is'], what: string, hint: string): Knot => ({ code: 'LS-2123', is, what, hint })
  return [
    refused(({ generated }) => generated, `"${column}" is generated from other columns`, 'change it by hand'),
    refused(
      ({ identity }) => identity && !isInteger,
      `"${column}" is an identity, which ${to} cannot be`,
      'drop the identity first',
    ),
    refused(({ collated }) => collated, `"${column}" has a collation of its own, which is not carried over`, beside),
    needed(
      ({ referenced }) => referenced,
      `foreign keys refer to "${column}"`,
      'drop them in a migration before, convert the columns that refer to it as well, and add them after (addConstraint)',
    ),
    refused(
      ({ replica }) => replica,
      `an index of "${column}" is the replica identity`,
      'set it to default or full first, and back when it is done',
    ),
    needed(
      ({ statistics }) => statistics,
      `extended statistics speak of "${column}"`,
      'drop them first and create them anew when it is done',
    ),
    refused(({ related }) => related, 'the table has partitions or heirs, or is one, or is of a type', beside),
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
