import { quoteIdentifier, quoteLiteral } from '../../../kernel/identifiers.ts'
import { copyAttributesSql } from '../../column-carry.ts'
import { upSql } from '../../column-pair.ts'
import { filledForNewTable, inNewTable } from '../../column-pair-extension.ts'
import { syncLock, triggerSql } from '../../column-sync.ts'
import type { Extension } from '../../provisioning.ts'
import { hiddenNames, pairsOf, swapTag } from './swap.ts'
import type { Swap } from './swap.ts'
import { isBesideSql } from './swap-sync.ts'
import { retypeSql, sequenceTypeSql } from './swap-sql.ts'

/** New tenants get the hidden column until the cutover, and from then on the new type where the column is. */
export function swapExtension(swap: Swap): Extension {
  const { before } = pairsOf(swap)
  const has = (column: string, condition: string): string =>
    `exists (select from pg_catalog.pg_attribute where attrelid = lockstep_oid and attname = ${quoteLiteral(column)} and not attisdropped${condition})`
  const isOld = ` and pg_catalog.format_type(atttypid, atttypmod) = ${quoteLiteral(swap.from)}`
  return {
    tag: swapTag(swap),
    what: `${swap.column} as ${swap.to}`,
    lacks: `${has(swap.column, isOld)} and not ${has(hiddenNames(swap).young, '')}`,
    statements: [
      quoteLiteral(`select pg_catalog.pg_advisory_xact_lock_shared(${syncLock(before)})`),
      `case when ${isBesideSql(swap)} then ${filledForNewTable(beside(swap))} else ${filledForNewTable(instead(swap))} end`,
    ],
  }
}

function beside(swap: Swap): string {
  const { before } = pairsOf(swap)
  const { table, literal } = inNewTable
  const young = quoteIdentifier(before.new)
  return [
    `alter table ${table} add column ${young} ${swap.to}`,
    copyAttributesSql(before, `${literal}::regclass`),
    `update ${table} set ${young} = ${upSql(before)}`,
    triggerSql(before, table),
  ].join(';\n')
}

function instead(swap: Swap): string {
  return [
    retypeSql(inNewTable, { column: swap.column, to: swap.to, value: pairsOf(swap).before.up }),
    sequenceTypeSql(inNewTable.literal, swap.column, swap),
  ].join(';\n')
}
