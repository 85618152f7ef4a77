import { quoteIdentifier, quoteLiteral } from '../../../kernel/identifiers.ts'
import { newTable } from '../../provision-steps.ts'
import type { Extension } from '../../provisioning.ts'
import { tagOfSpec } from '../../step-target.ts'
import type { DropColumnSpec } from './drop-column.ts'

export function tagOf(spec: DropColumnSpec): string {
  return tagOfSpec('dropColumn', spec)
}

/** A check that holds of every row: it says that the column was required before, which `down` gives back. */
export function markName(spec: DropColumnSpec): string {
  return `lockstep_required_${tagOf(spec)}`
}

const attribute = ({ column }: DropColumnSpec, condition: string): string =>
  `exists (select from pg_catalog.pg_attribute where attrelid = lockstep_oid and attname = ${quoteLiteral(column)} and not attisdropped${condition})`

/** Until contract new tenants' tables have the column, which new clients may leave out. */
export function extensionOf(spec: DropColumnSpec): Extension {
  const alter = (what: string): string => `'alter table ' || ${newTable} || ${quoteLiteral(` ${what}`)}`
  return {
    tag: tagOf(spec),
    what: `column ${spec.column} not required`,
    lacks: attribute(spec, ' and attnotnull and not atthasdef'),
    statements: [
      alter(`alter column ${quoteIdentifier(spec.column)} drop not null`),
      alter(`add constraint ${markName(spec)} check (true) not valid`),
    ],
  }
}

/** From contract on they have none. */
export function lastExtensionOf(spec: DropColumnSpec): Extension {
  return {
    tag: tagOfSpec('dropColumn at last', spec),
    what: `no column ${spec.column}`,
    lacks: attribute(spec, ''),
    statements: [
      `'alter table ' || ${newTable} || ${quoteLiteral(` drop column ${quoteIdentifier(spec.column)}, drop constraint if exists ${markName(spec)}`)}`,
    ],
  }
}
