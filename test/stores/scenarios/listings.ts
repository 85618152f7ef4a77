import type { Interview } from '../firestore-answers.ts'
import { double, integer, put, text } from '../firestore-calls.ts'
import type { Calls, QueryMessage } from '../firestore-calls.ts'

async function seed(calls: Calls): Promise<void> {
  await calls.batchWrite([
    put(calls, 'a/1', { x: integer(1), y: integer(1) }),
    put(calls, 'a/2', { x: double(1.5) }),
    put(calls, 'a/3', { x: text('s') }),
    put(calls, 'a/4', { y: text('a') }),
    put(calls, 'a/0/c/1', {}),
    put(calls, 'a/2/c/1/d/1', {}),
    put(calls, 'a/2/b/1', {}),
    put(calls, 'b/1', {}),
    put(calls, 'o/1', { x: integer('9223372036854775807') }),
    put(calls, 'o/2', { x: integer('9223372036854775807') }),
    put(calls, 'o/3', { x: integer('-1') }),
  ])
}

const count = { count: {}, alias: 'count' }
const sum = (fieldPath: string) => ({ sum: { field: { fieldPath } }, alias: `sum ${fieldPath}` })
const average = (fieldPath: string) => ({ avg: { field: { fieldPath } }, alias: `average ${fieldPath}` })

/** Counts, sums and averages. */
export async function askAboutAggregations({ ask, calls }: Interview): Promise<void> {
  await seed(calls)
  const from = [{ collectionId: 'a' }]
  const total = (what: string, query: QueryMessage, ...aggregations: object[]) =>
    ask(what, () => calls.aggregate(query, aggregations))
  await total('count', { from }, count)
  await total('count of a field', { from, orderBy: [{ field: { fieldPath: 'x' } }] }, count)
  await total('count of a page', { from, limit: { value: 2 }, offset: 1 }, count)
  await total('count of a group', { from: [{ collectionId: 'c', allDescendants: true }] }, count)
  await total(
    'count up to',
    { from },
    { count: { upTo: { value: 2 } }, alias: 'a' },
    { count: { upTo: { value: 100 } }, alias: 'b' },
  )
  await total('count up to 0', { from }, { count: { upTo: { value: 0 } }, alias: 'a' })
  await total('no alias', { from }, { count: {} }, { sum: { field: { fieldPath: 'x' } } })
  await total('one field', { from }, count, sum('x'), average('x'))
  await total('two fields', { from }, count, sum('x'), average('y'))
  await total('nothing there', { from: [{ collectionId: 'nope' }] }, count, sum('x'), average('x'))
  await total('above 64 bits', { from: [{ collectionId: 'o' }] }, sum('x'), average('x'))
  await total('of the name', { from }, sum('__name__'))
  await askAboutSums(total)
  await total('no aggregation', { from })
  await total('one alias twice', { from }, count, count)
  await ask('begins a transaction', () => calls.aggregate({ from }, [count], { newTransaction: { readOnly: {} } }))
}

type Total = (what: string, query: QueryMessage, ...aggregations: object[]) => Promise<void>

/** Sums of projections, and of fields that stand behind the name in an order. */
async function askAboutSums(total: Total): Promise<void> {
  const from = [{ collectionId: 'a' }]
  for (const fieldPath of ['x', 'y', '__name__']) {
    const select = { fields: [{ fieldPath }] }
    await total(`count of a projection to ${fieldPath}`, { from, select }, count)
    await total(`sum of a projection to ${fieldPath}`, { from, select }, sum('x'))
  }
  const [x, y, name] = ['x', 'y', '__name__'].map((fieldPath) => ({ field: { fieldPath } }))
  for (const orderBy of [[name], [x, name], [y, name], [y, x, name], [y]]) {
    const fields = orderBy.map((order) => order?.field.fieldPath).join()
    const query = { from, orderBy: orderBy.flatMap((order) => order ?? []) }
    await total(`sum ordered by ${fields}`, query, sum('x'))
    const where = { fieldFilter: { field: { fieldPath: 'x' }, op: 'EQUAL' as const, value: integer(1) } }
    await total(`sum of equals ordered by ${fields}`, { ...query, where }, sum('x'))
    await total(`count ordered by ${fields}`, query, count)
  }
}

/** Documents and collections by their names. */
export async function askAboutListings({ ask, calls }: Interview): Promise<void> {
  await seed(calls)
  const { client, root, options } = calls
  const once = { ...options, autoPaginate: false }
  const documents = (what: string, request: object) =>
    ask(what, async () => (await client.listDocuments({ parent: root, collectionId: 'a', ...request }, once))[2])
  const collections = (what: string, request: object = {}) =>
    ask(what, async () => (await client.listCollectionIds({ parent: root, ...request }, once))[2])
  await documents('first page', { pageSize: 2 })
  await documents('ordered', { orderBy: 'x desc' })
  await documents('missing too', { showMissing: true })
  await documents('missing, ordered', { showMissing: true, orderBy: 'x' })
  await documents('masked', { pageSize: 1, mask: { fieldPaths: ['y'] } })
  await documents('every collection', { collectionId: '' })
  await documents('below', { parent: `${root}/a/2`, collectionId: 'c', showMissing: true })
  await documents('wrong token', { pageToken: 'junk' })
  await documents('negative page', { pageSize: -1 })
  await documents('wrong parent', { parent: calls.database })
  for (const request of [{ showMissing: true }, {}]) {
    await ask(`page by page ${JSON.stringify(request)}`, () => pageByPage(calls, request))
  }
  await collections('collections')
  await collections('collections, first page', { pageSize: 1 })
  await collections('collections below', { parent: `${root}/a/2` })
  await collections('collections below what is missing', { parent: `${root}/a/0` })
  await collections('collections below nothing', { parent: `${root}/z/9` })
}

async function pageByPage({ client, root, options }: Calls, request: object): Promise<readonly unknown[]> {
  const names: unknown[] = []
  let pageToken = ''
  for (let page = 0; page < 10; page++) {
    const [, , answer] = await client.listDocuments(
      { parent: root, collectionId: 'a', pageSize: 2, pageToken, ...request },
      { ...options, autoPaginate: false },
    )
    names.push(...(answer?.documents ?? []).map(({ name }) => name))
    pageToken = answer?.nextPageToken ?? ''
    if (pageToken === '') return names
  }
  throw new Error('more pages than documents')
}

/** Transactions one after the other; contention is another matter. */
export async function askAboutTransactions({ ask, calls }: Interview): Promise<void> {
  await seed(calls)
  const { client, database, options } = calls
  const junk = Buffer.from('junk')
  const write = put(calls, 'a/1', { x: integer(7) })
  const roll = (transaction: Uint8Array) =>
    client.rollback({ database, transaction }, options).then(([answer]) => answer)
  await ask('commit of an unknown one', () => calls.commit([], junk))
  await ask('read in an unknown one', () => calls.get(['a/1'], { transaction: junk }))
  await ask('rollback of an unknown one', () => roll(junk))
  await ask('read and write', async () => {
    const transaction = await calls.begin()
    await calls.get(['a/1', 'a/nope'], { transaction })
    await calls.query({ from: [{ collectionId: 'a' }] }, '', { transaction })
    return calls.commit([write], transaction)
  })
  await ask('rolled back twice', async () => {
    const transaction = await calls.begin()
    await roll(transaction)
    return roll(transaction)
  })
  await ask('committed twice', async () => {
    const transaction = await calls.begin()
    await calls.commit([], transaction)
    return calls.commit([], transaction)
  })
  await ask('committed after the rollback', async () => {
    const transaction = await calls.begin()
    await roll(transaction)
    return calls.commit([write], transaction)
  })
  await ask('write in a read-only one', async () => calls.commit([write], await calls.begin({ readOnly: {} })))
  await ask('a read-only one sees its beginning', async () => {
    const transaction = await calls.begin({ readOnly: {} })
    await calls.get(['a/2'], { transaction })
    await calls.commit([put(calls, 'a/1', { x: integer(99) })])
    return calls.get(['a/1'], { transaction })
  })
  await ask('begun by a read', () => calls.get(['a/1'], { newTransaction: { readWrite: {} } }))
  await ask('a time to come', () =>
    calls.get(['a/1'], { readTime: { seconds: Math.floor(Date.now() / 1000) + 3600, nanos: 0 } }),
  )
}
