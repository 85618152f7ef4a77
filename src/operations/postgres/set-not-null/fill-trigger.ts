import { quoteIdentifier, quoteLiteral } from '../../../kernel/identifiers.ts'
import type { Companion } from '../../companion.ts'
import { newTable } from '../../provision-steps.ts'
import type { Extension } from '../../provisioning.ts'
import { isFilling } from '../../row-pages.ts'
import { tagOfSpec } from '../../step-target.ts'
import type { SetNotNullSpec } from './set-not-null.ts'

function tagOf(spec: SetNotNullSpec): string {
  return tagOfSpec('setNotNull', spec)
}

/** The last of its kind by name, so that it sees what the app's own triggers leave empty. */
export function triggerName(spec: SetNotNullSpec): string {
  return `zz_lockstep_fill_${tagOf(spec)}`
}

function functionName(spec: SetNotNullSpec): string {
  return `fill_${tagOf(spec)}`
}

/** The value as SQL; an expression speaks of the row's own columns. */
export function fillSql({ options }: SetNotNullSpec): string {
  const { fill } = options
  if (fill === undefined) return 'null'
  return typeof fill === 'object' ? fill.sql : quoteLiteral(String(fill))
}

/** SQL that is true where the function is there and this role may use it, without an error where it may not. */
function usable(spec: SetNotNullSpec): string {
  return `exists (select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'lockstep' and p.proname = ${quoteLiteral(functionName(spec))} and pg_catalog.has_schema_privilege(n.oid, 'usage'))`
}

/** One function for all tables of the step: it knows the column, the trigger knows the table. */
export function companionOf(spec: SetNotNullSpec): Companion | undefined {
  if (spec.options.fill === undefined) return undefined
  const name = `lockstep.${functionName(spec)}`
  const column = `new.${quoteIdentifier(spec.column)}`
  const value =
    typeof spec.options.fill === 'object'
      ? `select (${fillSql(spec)}) into ${column} from (select new.*) lockstep_row;`
      : `${column} := ${fillSql(spec)};`
  const body = `begin if ${isFilling} then return new; end if; ${value} return new; end`
  return {
    what: `function ${name}()`,
    exists: usable(spec),
    create: [
      // Found in the caller's place, names in the expression would depend on who writes.
      `create function ${name}() returns trigger language plpgsql set search_path from current as ${quoteLiteral(body)}`,
    ],
    drop: `do $lockstep$ begin
      if not exists (select from pg_catalog.pg_trigger t join pg_catalog.pg_proc p on p.oid = t.tgfoid
                     join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                     where n.nspname = 'lockstep' and p.proname = ${quoteLiteral(functionName(spec))}) then
        drop function if exists ${name}();
      end if; end $lockstep$`,
  }
}

/** The trigger fires for rows without a value alone; `table` is quoted. */
export function triggerSql(spec: SetNotNullSpec, table: string): string {
  return `create trigger ${triggerName(spec)} before insert or update on ${table}
    for each row when (new.${quoteIdentifier(spec.column)} is null) execute function lockstep.${functionName(spec)}()`
}

function attribute({ column }: SetNotNullSpec, condition: string): string {
  return `exists (select from pg_catalog.pg_attribute where attrelid = lockstep_oid and attname = ${quoteLiteral(column)} and not attisdropped and ${condition})`
}

function requireSql({ column }: SetNotNullSpec): string {
  return `'alter table ' || ${newTable} || ${quoteLiteral(` alter column ${quoteIdentifier(column)} set not null`)}`
}

/** With a value to fill in, new tenants' tables require one at once: the trigger gives it to old clients. */
export function extensionOf(spec: SetNotNullSpec): Extension | undefined {
  if (spec.options.fill === undefined) return lastExtensionOf(spec)
  return {
    tag: tagOf(spec),
    what: `a value required in ${spec.column}, or filled in`,
    lacks: `${attribute(spec, 'not attnotnull')} and ${usable(spec)}`,
    statements: [
      `pg_catalog.replace(${quoteLiteral(triggerSql(spec, '{lockstep table}'))}, '{lockstep table}', ${newTable})`,
      requireSql(spec),
    ],
  }
}

/** From contract on they require one, and nothing fills it in. */
export function lastExtensionOf(spec: SetNotNullSpec): Extension {
  const trigger = quoteLiteral(triggerName(spec))
  const filled = `exists (select from pg_catalog.pg_trigger where tgrelid = lockstep_oid and tgname = ${trigger})`
  return {
    tag: tagOfSpec('setNotNull at last', spec),
    what: `a value required in ${spec.column}`,
    lacks: `${attribute(spec, 'true')} and (${attribute(spec, 'not attnotnull')} or ${filled})`,
    statements: [requireSql(spec), `${quoteLiteral(`drop trigger if exists ${triggerName(spec)} on `)} || ${newTable}`],
  }
}
