import { quoteIdentifier, quoteLiteral } from '../../../kernel/identifiers.ts'
import type { Companion } from '../../companion.ts'
import { downSql, upSql } from '../../column-pair.ts'
import { isFilling } from '../../row-pages.ts'
import { syncCompanion, syncFunction, syncLock } from '../../column-sync.ts'
import { pairsOf } from './swap.ts'
import type { Swap } from './swap.ts'

/** One function for the triggers of all tables, whichever of the two columns has the name. */
export function swapCompanion(swap: Swap): Companion {
  return syncCompanion(pairsOf(swap).before, body(swap))
}

/** A SQL expression that is true until the first table is exchanged. */
export function isBesideSql(swap: Swap): string {
  const keep = `pg_catalog.to_regprocedure(${quoteLiteral(functionOf(swap))})`
  return `(${keep} is not null and pg_catalog.obj_description(${keep}, 'pg_proc') is null)`
}

/**
 * From now on tenants are born with the new type alone. Whoever makes one holds the lock shared, so that every table
 * with the old type is there for the sweeps of the cutover.
 */
export function cutoverMarkSql(swap: Swap): string {
  const { before } = pairsOf(swap)
  return `do $lockstep$ begin
  if ${isBesideSql(swap)} then
    perform pg_catalog.pg_advisory_xact_lock(${syncLock(before)});
    if ${isBesideSql(swap)} then
      comment on function ${functionOf(swap)} is 'lockstep: exchanged';
    end if;
  end if;
end $lockstep$`
}

function functionOf(swap: Swap): string {
  return `${syncFunction(pairsOf(swap).before)}()`
}

/**
 * Until the exchange the hidden new column follows. From then on the hidden old one does, but for a statement without
 * column names, which gives its value to the place where the column was.
 */
function body(swap: Swap): string {
  const { before, after } = pairsOf(swap)
  const [column, young, old] = [swap.column, before.new, after.old].map(quoteIdentifier)
  const over = (sql: string): string => `(select ${sql} from (select new.*) lockstep_row)`
  // Assigned, not cast, so that what does not fit is refused and never cut.
  const next = swap.up === undefined ? `new.${column}` : over(upSql(before))
  const oldsNext = swap.up === undefined ? `new.${old}` : over(upSql(after))
  const back = swap.down === undefined ? `new.${column}` : over(downSql(after))
  return `
#variable_conflict use_column
begin
  if tg_nargs = 0 then
    new.${young} := ${next};
    return new;
  end if;
  if ${isFilling} then
    return new;
  end if;
  if tg_op = 'INSERT' then
    if new.${old} is null or new.${old} is not distinct from (${back})::${swap.from} then
      new.${old} := ${back};
    else
      new.${column} := ${oldsNext};
    end if;
  elsif new.${column} is distinct from old.${column} then
    new.${old} := ${back};
  elsif new.${old} is distinct from old.${old} then
    new.${column} := ${oldsNext};
  end if;
  return new;
end
`
}
