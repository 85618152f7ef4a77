import type { Interview } from '../firestore-answers.ts'
import { integer, list, put } from '../firestore-calls.ts'
import type { QueryMessage, ValueMessage } from '../firestore-calls.ts'
import { all, any, by, unary, where } from './queries.ts'

/** A collection `c` at the root and below a document, among collections whose ids begin like its own. */
const paths = ['', 'p/1/'].flatMap((above) =>
  [
    'c/1',
    'c/1/m/1',
    'c/__id7__',
    'c/__id-9223372036854775808__',
    'c/__id7__/x/1',
    'c/ghost/a/1/c/2',
    'c/a\u0000/q/1',
    'c/a\u0001',
    'c/a!/-/-',
    'c/\uf8ff',
    'c/😀',
    'c/a/😀/1',
    'c/a/\uf8ff/1',
    'c2/1',
    'c-x/1',
    'c!/1',
    'c\u0000/1',
    'c\u0000/__id7__',
    'c \u0000a/1',
    'b/1',
  ].map((path) => above + path),
)

const sources: Readonly<Record<string, QueryMessage['from']>> = {
  everything: [{ allDescendants: true }],
  children: [{}],
  group: [{ collectionId: 'c', allDescendants: true }],
}

/** Queries of every collection at once: by name, where a whole subtree can be found, and by nothing else. */
export async function askAboutSubtrees(interview: Interview): Promise<void> {
  const { ask, calls } = interview
  await calls.batchWrite(paths.map((path, at) => put(calls, path, { x: integer(at) })))
  for (const [source, from] of Object.entries(sources)) {
    for (const parent of ['', 'p/1']) await askBelow(interview, { source, from: from ?? [], parent })
    await ask(`${source}: count`, () => calls.aggregate({ from: from ?? [] }, [{ alias: 'n', count: {} }]))
    await ask(`${source}: sum`, () =>
      calls.aggregate({ from: from ?? [] }, [{ alias: 's', sum: { field: { fieldPath: 'x' } } }]),
    )
  }
}

interface Place {
  readonly source: string
  readonly from: NonNullable<QueryMessage['from']>
  readonly parent: string
}

async function askBelow({ ask, calls }: Interview, { source, from, parent }: Place): Promise<void> {
  const above = parent === '' ? '' : `${parent}/`
  const name = (path: string): ValueMessage => ({ referenceValue: calls.name(path) })
  const find = (what: string, query: QueryMessage) =>
    ask(`${source} below '${parent}': ${what}`, async () =>
      (await calls.found({ from, ...query }, parent)).map((path) => path.slice(above.length)).join(', '),
    )
  const orderBy = [by('__name__')]
  const bounds = all(
    where('__name__', 'GREATER_THAN_OR_EQUAL', name(`${above}c/__id-9223372036854775808__`)),
    where('__name__', 'LESS_THAN', name(`${above}c\u0000/__id-9223372036854775808__`)),
  )
  await find('all', {})
  await find('bounded', { where: bounds })
  await find('in order', { where: bounds, orderBy, limit: { value: 2 } })
  await find('from before the bounds', { where: bounds, orderBy, startAt: { values: [name('a/1')] } })
  await find('to behind the bounds', { where: bounds, orderBy, endAt: { values: [name('z/1')] } })
  await find('end before start', { orderBy, startAt: { values: [name('p/2')] }, endAt: { values: [name('p/1')] } })
  await find('a name', { where: where('__name__', 'EQUAL', name(`${above}c/1/m/1`)) })
  await find('either name', {
    where: any(
      where('__name__', 'LESS_THAN', name(`${above}c/1`)),
      where('__name__', 'GREATER_THAN', name(`${above}c2/0`)),
    ),
  })
  await find('not a name', { where: all(bounds, where('__name__', 'NOT_EQUAL', name(`${above}c/1/m/1`))) })
  const foreign = { referenceValue: `projects/another/databases/(default)/documents/${above}c/1/m/1` }
  await find('a foreign name', { where: where('__name__', 'EQUAL', foreign) })
  await find('one of foreign names', { where: where('__name__', 'IN', list(foreign)) })
  await find('no foreign name', { where: where('__name__', 'NOT_EQUAL', foreign) })
  await find('a foreign name or another', {
    where: any(where('__name__', 'EQUAL', foreign), where('__name__', 'EQUAL', name(`${above}c/1`))),
  })
  await find('from a foreign name', { orderBy, startAt: { values: [foreign] } })
  await find('to a foreign name', { orderBy, endAt: { values: [foreign] } })
  await find('names descending', { orderBy: [by('__name__', 'DESCENDING')] })
  await find('by a field', { orderBy: [by('x')] })
  await find('by a field, bounded', { where: bounds, orderBy: [by('x')] })
  await find('where a field', { where: where('x', 'EQUAL', integer(1)) })
  await find('where a field, bounded', { where: all(bounds, where('x', 'EQUAL', integer(1))) })
  await find('where a field is more', { where: where('x', 'GREATER_THAN', integer(1)) })
  await find('where a field is null', { where: unary('x', 'IS_NULL') })
  if (source !== 'everything') return
  for (const path of paths.filter((each) => each.startsWith(above))) {
    const values = [name(path)]
    await find(`from ${path}`, { where: bounds, orderBy, startAt: { values, before: true } })
    await find(`behind ${path}`, { where: bounds, orderBy, startAt: { values } })
    await find(`before ${path}`, { where: bounds, orderBy, endAt: { values, before: true } })
    await find(`to ${path}`, { where: bounds, orderBy, endAt: { values } })
  }
}
