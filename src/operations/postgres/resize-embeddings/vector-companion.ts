import { quoteLiteral } from '../../../kernel/identifiers.ts'
import type { Companion } from '../../companion.ts'
import { dropBothSchema } from './both-store.ts'
import { hasView } from './both-view.ts'
import { dispatchScript } from './dispatch-script.ts'
import { vectorPath } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { vectorStore } from './vector-store.ts'

/** What the tables of a change share: the store of all, and functions that serve both models. */
export function vectorCompanion(change: VectorChange): Companion {
  const { functions = [] } = change.spec
  const store = hasView(change) ? { ...vectorStore, drop: `${vectorStore.drop};\n${dropBothSchema}` } : vectorStore
  if (functions.length === 0) return store
  const arms = `(select count(*) from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace where n.nspname = 'lockstep_vectors' and pg_catalog.starts_with(p.proname, 'old_${change.tag}_'))`
  return {
    ...store,
    exists: `(${vectorStore.exists} and ${arms} = ${functions.length})`,
    create: [...vectorStore.create, vectorPath, ...functions.map((each, at) => dispatchScript(change, each, at))],
    drop: `${restoreFunctions(change, 'before')};\n${store.drop}`,
  }
}

/**
 * A script after which the functions are as they were, or as their files have them, unless someone has replaced them
 * meanwhile; what they dispatched to is gone. Safe to repeat.
 */
export function restoreFunctions({ tag, spec }: VectorChange, to: 'before' | 'after'): string {
  if ((spec.functions ?? []).length === 0) return 'select 1'
  return `do $lockstep$ declare
  lockstep_path text := pg_catalog.current_setting('search_path');
  lockstep_each record; begin
  if pg_catalog.to_regclass('lockstep_vectors.functions') is null then return; end if;
  perform pg_catalog.set_config('search_path', '', true), pg_catalog.set_config('check_function_bodies', 'off', true);
  for lockstep_each in select * from lockstep_vectors.functions where change = ${quoteLiteral(tag)} order by position desc loop
    if pg_catalog.pg_get_functiondef(pg_catalog.to_regprocedure(lockstep_each.function)) = lockstep_each.dispatch then
      execute lockstep_each.${to};
    end if;
    execute pg_catalog.format('drop function if exists lockstep_vectors.%I, lockstep_vectors.%I',
      pg_catalog.concat_ws('_', 'new', ${quoteLiteral(tag)}, lockstep_each.position), pg_catalog.concat_ws('_', 'old', ${quoteLiteral(tag)}, lockstep_each.position));
  end loop;
  delete from lockstep_vectors.functions where change = ${quoteLiteral(tag)};
  perform pg_catalog.set_config('search_path', lockstep_path, true);
end $lockstep$`
}
