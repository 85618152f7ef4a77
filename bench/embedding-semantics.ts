import { parseArgs } from 'node:util'
import type { Embedded } from '../src/embeddings/embedder.ts'
import { createLocalEmbedder } from '../src/embeddings/local-embedder.ts'
import { quoteLiteral } from '../src/kernel/identifiers.ts'
import type { OperationCase } from '../src/operations/operation-case.ts'
import { migrationId, openWorld } from '../test/laws/world.ts'
import { fromSentences, toSentences } from './measuring/semantics.cases.ts'
import { installSentences, readGlosses, sentences } from './measuring/sentences.ts'

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '2500' }, questions: { type: 'string', default: '200' } },
})
const [count, asked] = [Number(values.rows), Number(values.questions)]
const least = 0.98

installSentences()
const world = await openWorld(new URL('measuring/semantics.cases.ts', import.meta.url).pathname)

const literal = (answer: Embedded | undefined): string => {
  if (answer === undefined || 'failed' in answer) throw new Error('a text has no vector')
  return `'[${answer.vector.join(',')}]'::extensions.vector`
}

async function up(theCase: OperationCase, dimensions: number, rows: readonly string[]): Promise<void> {
  const table = `create schema if not exists extensions; create extension if not exists vector schema extensions;
    create table documents (id int primary key, content text, embedding extensions.vector(${dimensions}))`
  const insert = `insert into documents values ${rows.map((row, n) => `(${n}, ${row})`).join(', ')}`
  await world.fill({ ...theCase, before: { documents: {}, sql: [table, insert] } })
  const migrator = world.migrator(theCase)
  await migrator.start(await migrator.plan(migrationId))
}

/** The ten rows next to a vector, and how they were found. */
function search(vector: string, setting: string): Promise<readonly [string, readonly number[]]> {
  return world.tables.read(async (q) => {
    await q.script(`set local search_path = public, extensions; ${setting}`)
    const nearest = `select id from documents order by embedding <=> ${vector} limit 10`
    const plan = await q.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${nearest}`)
    const rows = await q.query<{ id: number }>(nearest)
    return [plan.map((line) => line['QUERY PLAN']).join(' '), rows.map(({ id }) => id)]
  })
}

/** Of questions that are no rows: the migration itself has asked rows. */
async function recallOf(questions: readonly Embedded[]): Promise<number> {
  let found = 0
  for (const question of questions) {
    const [plan, byIndex] = await search(literal(question), 'set local enable_seqscan = off')
    const [, exact] = await search(literal(question), 'set local enable_indexscan = off')
    if (!plan.includes('Index Scan')) throw new Error(`the index is not used: ${plan}`)
    found += byIndex.filter((id) => exact.includes(id)).length
  }
  return found / (questions.length * 10)
}

/** Why `up` is refused where stored vectors come from these; undefined where it is not. */
async function refusalOf(texts: readonly string[], stored: readonly Embedded[]): Promise<string | undefined> {
  const rows = texts.map((text, n) => `${quoteLiteral(text)}, ${literal(stored[n])}`)
  return up(fromSentences, 512, rows).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

try {
  const glosses = readGlosses(count + asked)
  const vectors = await sentences.embed(glosses, {})
  await up(
    toSentences,
    8,
    glosses.slice(0, count).map((text) => `${quoteLiteral(text)}, null`),
  )
  const recall = await recallOf(vectors.slice(count))
  console.log(`recall@10 of the index: ${recall.toFixed(4)}, ${asked} questions to ${count} rows`)
  if (!(recall >= least)) throw new Error(`at least ${least} was to be found`)

  const some = glosses.slice(0, 100)
  const planted = await createLocalEmbedder({ model: 'hash-1', dimensions: 512 }).embed(some, {})
  const refused = await refusalOf(some, planted)
  console.log(`vectors of another model at the same dimension: ${refused ?? 'not refused'}`)
  if (refused?.includes('are not those of use-lite') !== true) throw new Error('they were to be refused')
  const own = await refusalOf(some, vectors)
  console.log(`the model's own vectors: ${own ?? 'taken'}`)
  if (own !== undefined) throw new Error('they were to be taken')
} finally {
  await world.close()
}
