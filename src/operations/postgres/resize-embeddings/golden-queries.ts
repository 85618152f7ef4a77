import { LockstepError } from '../../../kernel/errors.ts'
import { printTable } from '../../../kernel/identifiers.ts'
import type { Look } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { searched, searchSql } from './search.ts'
import type { Place } from './search.ts'
import { vectorPath } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { usualChecks } from './vector-checks.ts'
import type { GoldenQuery } from './vector-checks.ts'

export interface GoldenFound {
  readonly asked: number
  readonly found: number
  /** What is missing, by the number of the query: neither its text nor its vector is told. */
  readonly problems: readonly string[]
}

/** Asks the searches whose answers are known of the new vectors; undefined where there are none for this table. */
export async function askGolden(
  change: VectorChange,
  table: TableState,
  fresh: Place,
  { look, signal }: { readonly look: Look; readonly signal: AbortSignal },
): Promise<GoldenFound | undefined> {
  const { golden = [], k = usualChecks.k } = change.spec.options.verify ?? {}
  const here = golden.flatMap((each, n) =>
    each.table === undefined || each.table === printTable(table) ? [{ ...each, number: n + 1 }] : [],
  )
  if (here.length === 0) return undefined
  const vectors = await vectorsOf(change, here, { look, signal })
  const sql = searchSql(change, table, fresh, true)
  const problems: string[] = []
  let found = 0
  for (const [n, each] of here.entries()) {
    signal.throwIfAborted()
    const first = each.k ?? k
    const answer = await look.tables.read(async (q) => {
      await q.script(vectorPath)
      return (await searched(q, sql, vectors[n] ?? '')).slice(0, first)
    })
    const missing = each.ids.map(String).filter((id) => !answer.includes(id))
    if (missing.length === 0) found++
    else problems.push(`golden query ${each.number}: ${missing.join(', ')} not among the first ${first}`)
  }
  return { asked: here.length, found, problems }
}

async function vectorsOf(
  change: VectorChange,
  queries: readonly GoldenQuery[],
  { look, signal }: { readonly look: Look; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const { embedder, verify } = change.spec.options
  const texts = queries.flatMap(({ query }) => (typeof query === 'string' ? [query] : []))
  const answers =
    texts.length === 0 ? [] : await embedTexts(verify?.searches ?? embedder ?? '', texts, { look, signal })
  let next = 0
  return queries.map(({ query }) => (typeof query === 'string' ? (answers[next++] ?? '') : `[${query.join(',')}]`))
}

async function embedTexts(
  name: string,
  texts: readonly string[],
  { look, signal }: { readonly look: Look; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const embedder = await look.embedder?.(name)
  const answers = (await embedder?.embed(texts, { signal })) ?? []
  return answers.map((answer) => {
    if ('vector' in answer) return `[${answer.vector.join(',')}]`
    throw new LockstepError('LS-3014', `a golden query cannot be embedded: ${answer.failed}`, {
      where: { name },
      hint: 'mend it in verify.golden',
    })
  })
}
