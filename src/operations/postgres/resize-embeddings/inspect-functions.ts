import { LockstepError } from '../../../kernel/errors.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Effect, Finding, Look } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { functionOid } from './search-functions.ts'
import type { ParsedFunction } from './search-functions.ts'
import { typeAfter, vectorColumn, vectorPath, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { vectorStore } from './vector-store.ts'

interface Found {
  readonly there: boolean
  readonly plain: boolean
  readonly atomic: boolean
  readonly vector: boolean
  readonly answers: boolean
  readonly arguments: readonly string[]
  readonly dispatches: boolean
}

/** Functions that could not serve both models: LS-2601. */
export async function inspectFunctions(
  change: VectorChange,
  tables: readonly TableState[],
  look: Look,
): Promise<readonly LockstepError[]> {
  const problems: LockstepError[] = []
  for (const each of change.spec.functions ?? []) {
    const found = await look.tables.read((q) => readFound(q, each, change.tag))
    const problem = problemOf(
      each,
      found,
      tables.some((table) => keepsDimension(change, table)),
    )
    if (problem !== undefined)
      problems.push(
        new LockstepError('LS-2601', `${each.name} cannot serve both models: ${problem[0]}`, {
          where: { name: each.name },
          hint: problem[1],
        }),
      )
  }
  return problems
}

function keepsDimension(change: VectorChange, table: TableState): boolean {
  const now = vectorType(vectorColumn(change, table)?.type)
  return now !== undefined && typeAfter(change, now).dimensions === now.dimensions
}

async function readFound(q: Queryable, { name }: ParsedFunction, tag: string): Promise<Found | undefined> {
  await q.script(vectorPath)
  const [found] = await q.query<Found & Record<string, unknown>>(
    `select true as there, p.prokind = 'f' as plain, p.prosqlbody is not null as atomic,
       exists (select from pg_catalog.unnest(p.proargtypes::oid[]) t(type) join pg_catalog.pg_type y on y.oid = t.type where y.typname in ('vector', 'halfvec')) as vector,
       case when p.prorettype = 'record'::regtype then p.proretset and p.proallargtypes is not null else p.proallargtypes is null or p.proretset end
         and p.prorettype <> 'void'::regtype and not coalesce('o' = any(p.proargmodes[1:p.pronargs]), false) as answers,
       coalesce(p.proargnames[1:p.pronargs], '{}') as arguments, pg_catalog.strpos(p.prosrc, 'lockstep_vectors.old_') > 0 and pg_catalog.strpos(p.prosrc, 'lockstep_vectors.old_${tag}_') = 0 as dispatches
     from pg_catalog.pg_proc p where p.oid = ${functionOid(name)}`,
  )
  return found
}

function problemOf(
  { model }: ParsedFunction,
  found: Found | undefined,
  isSame: boolean,
): readonly [what: string, hint: string] | undefined {
  if (found === undefined)
    return ['there is none of that name, or several', "write its argument types: 'match_documents(vector, int)'"]
  const { plain, atomic, vector, answers, arguments: names, dispatches } = found
  const other = 'replace it by postgres.replaceFunction, or have it search lockstep_vectors.table_for(…)'
  if (!plain || !answers) return ['it is no function that gives a value or a table of named columns', other]
  if (atomic) return ['its body is bound to the table itself', 'give it a body in quotes']
  if (!vector) return ['it takes no vector', other]
  if (dispatches)
    return ['it serves both models of another change', 'complete that one first, or go back with lockstep down']
  if (model !== undefined && !names.includes(model))
    return [`it has no argument ${model}`, 'name one in which clients say the key of their model']
  if (model === undefined && isSame)
    return [
      'the dimension stays the same, so nothing would tell queries of one model from those of the other',
      "name an argument in which clients say the key of their model: { name: 'match_documents', model: 'model' }",
    ]
  return undefined
}

/** What becomes of the functions, for the plan. */
export function functionEffects({ spec }: VectorChange): readonly Effect[] {
  const { functions = [] } = spec
  if (functions.length === 0) return []
  return [
    {
      phase: 'expand',
      what: `have ${functions.map(({ name }) => name).join(', ')} serve queries of both models until complete`,
      count: { value: functions.length, source: 'counted' },
      unit: 'functions',
      lock: 'none on tables',
      seconds: [0, 1],
      secondsSource: 'guess',
      cost: 0,
      disk: 0,
      undo: 'put the functions back',
      statements: [],
    },
  ]
}

/** Functions that were replaced meanwhile, and do not serve queries of the old model any more. */
export async function replacedFunctions(change: VectorChange, look: Look): Promise<readonly Finding[]> {
  if ((change.spec.functions ?? []).length === 0) return []
  return look.tables.read(async (q) => {
    const [store] = await q.query<{ found: boolean }>(`select ${vectorStore.exists} as found`)
    if (store?.found !== true) return []
    await q.script("select pg_catalog.set_config('search_path', '', true)")
    const rows = await q.query<{ name: string }>(
      `select f.function as name from lockstep_vectors.functions f
       where f.change = $1 and pg_catalog.pg_get_functiondef(pg_catalog.to_regprocedure(f.function)) is distinct from f.dispatch order by 1`,
      [change.tag],
    )
    return rows.map(({ name }) => ({
      where: name,
      problem: 'it was replaced, and does not serve queries of the old model',
    }))
  })
}
