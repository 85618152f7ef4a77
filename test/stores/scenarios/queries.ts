import type { Interview } from '../firestore-answers.ts'
import { double, integer, list, map, nothing, put, text, vector } from '../firestore-calls.ts'
import type { Calls, QueryMessage, ValueMessage } from '../firestore-calls.ts'

type FilterMessage = NonNullable<QueryMessage['where']>
type Operator = NonNullable<NonNullable<FilterMessage['fieldFilter']>['op']> & string
type Unary = NonNullable<NonNullable<FilterMessage['unaryFilter']>['op']> & string

const from = [{ collectionId: 'a' }]
const nan = double(Number.NaN)
export const by = (fieldPath: string, direction: 'ASCENDING' | 'DESCENDING' = 'ASCENDING') => ({
  field: { fieldPath },
  direction,
})
export const where = (fieldPath: string, op: Operator, value: ValueMessage): FilterMessage => ({
  fieldFilter: { field: { fieldPath }, op, value },
})
export const unary = (fieldPath: string, op: Unary): FilterMessage => ({ unaryFilter: { field: { fieldPath }, op } })
export const all = (...filters: FilterMessage[]): FilterMessage => ({ compositeFilter: { op: 'AND', filters } })
export const any = (...filters: FilterMessage[]): FilterMessage => ({ compositeFilter: { op: 'OR', filters } })
const numbers = (count: number): ValueMessage => list(...Array.from({ length: count }, (_, at) => integer(at)))

async function seed(calls: Calls): Promise<void> {
  await calls.batchWrite([
    put(calls, 'a/1', { x: integer(1), y: text('b') }),
    put(calls, 'a/2', { x: double(1.5) }),
    put(calls, 'a/3', { x: text('s') }),
    put(calls, 'a/4', { y: text('a') }),
    put(calls, 'a/5', { x: nothing }),
    put(calls, 'a/6', { x: nan }),
    put(calls, 'a/7', { x: list(integer(1), nan) }),
    put(calls, 'a/1/a/9', { x: integer(1) }),
    put(calls, 'a/8/c/1', { x: integer(3) }),
    put(calls, 'a/2/a/3/a/4', { x: integer(3) }),
    put(calls, 'b/1', { x: list(nothing) }),
  ])
}

/** Where queries look and what they send. */
export async function askAboutScopes({ ask, calls }: Interview): Promise<void> {
  await seed(calls)
  const found =
    (query: QueryMessage, parent = '') =>
    () =>
      calls.found(query, parent)
  await ask('messages', () => calls.query({ from, limit: { value: 2 } }))
  await ask('no results', () => calls.query({ from: [{ collectionId: 'nope' }] }))
  await ask('offset beyond', () => calls.query({ from, offset: 200 }))
  await ask('names only', () =>
    calls.query({ from, limit: { value: 1 }, select: { fields: [{ fieldPath: '__name__' }] } }),
  )
  await ask('empty projection', () => calls.query({ from, limit: { value: 1 }, select: { fields: [] } }))
  await ask('projection', () =>
    calls.query({ from, limit: { value: 1 }, select: { fields: [{ fieldPath: 'x.z' }, { fieldPath: 'y' }] } }),
  )
  await ask('begins a transaction', () =>
    calls.query({ from, limit: { value: 1 } }, '', { newTransaction: { readWrite: {} } }),
  )
  await ask('collection', found({ from }))
  await ask('group', found({ from: [{ collectionId: 'a', allDescendants: true }] }))
  await ask('group below', found({ from: [{ collectionId: 'a', allDescendants: true }] }, 'a/2'))
  await ask('everything', found({ from: [{ allDescendants: true }] }))
  await ask('everything below', found({ from: [{ allDescendants: true }] }, 'a/2'))
  await ask('all collections', found({ from: [{}] }))
  await ask('no from', found({}))
  await ask('no from below', found({}, 'a/2'))
  await ask('two collections', found({ from: [{ collectionId: 'a' }, { collectionId: 'b' }] }))
  await ask('parent that is no name', found({ from }, '!junk'))
  await ask('parent that is a database', found({ from }, `!${calls.database}`))
  await ask('limit', found({ from, offset: 2, limit: { value: 2 } }))
  await ask('limit 0', found({ from, limit: { value: 0 } }))
  await ask('limit -1', found({ from, limit: { value: -1 } }))
  await ask('offset -1', found({ from, offset: -1 }))
}

const operands: Readonly<Record<string, ValueMessage>> = {
  '1': integer(1),
  '1.0': double(1),
  null: nothing,
  nan,
  text: text('s'),
  array: list(integer(1), nan),
}
const operators: readonly Operator[] = [
  'EQUAL',
  'NOT_EQUAL',
  'LESS_THAN',
  'LESS_THAN_OR_EQUAL',
  'GREATER_THAN',
  'GREATER_THAN_OR_EQUAL',
  'ARRAY_CONTAINS',
]

/** What matches which filter. */
export async function askAboutFilters({ ask, calls }: Interview): Promise<void> {
  await seed(calls)
  const filter = (what: string, condition: FilterMessage, more: QueryMessage = {}) =>
    ask(what, () => calls.found({ from, where: condition, ...more }))
  for (const op of operators)
    for (const [name, value] of Object.entries(operands)) await filter(`${op} ${name}`, where('x', op, value))
  for (const op of ['IN', 'NOT_IN', 'ARRAY_CONTAINS_ANY'] as const) {
    await filter(`${op} 1 s`, where('x', op, list(integer(1), text('s'))))
    await filter(`${op} 1 null`, where('x', op, list(integer(1), nothing)))
    await filter(`${op} nan`, where('x', op, list(nan)))
    await filter(`${op} nothing`, where('x', op, list()))
    await filter(`${op} no list`, where('x', op, integer(1)))
    for (const count of [10, 11, 30, 31]) await filter(`${op} ${count}`, where('x', op, numbers(count)))
  }
  for (const op of ['IS_NULL', 'IS_NAN', 'IS_NOT_NULL', 'IS_NOT_NAN'] as const) await filter(op, unary('x', op))
  await filter('null in an array', where('x', 'ARRAY_CONTAINS', nothing), { from: [{ collectionId: 'b' }] })
  await filter('two inequalities', all(where('x', 'GREATER_THAN', integer(0)), where('y', 'LESS_THAN', text('z'))))
  await filter('two negations', all(where('x', 'NOT_EQUAL', integer(1)), where('y', 'NOT_EQUAL', text('z'))))
  await filter(
    'two array filters',
    all(where('x', 'ARRAY_CONTAINS', integer(1)), where('x', 'ARRAY_CONTAINS', integer(2))),
  )
  await filter(
    'array filters apart',
    any(where('x', 'ARRAY_CONTAINS', integer(1)), where('x', 'ARRAY_CONTAINS', integer(2))),
  )
  await filter('or', any(where('x', 'EQUAL', integer(1)), where('y', 'EQUAL', text('a'))))
  await filter('or with an inequality', any(where('x', 'GREATER_THAN', integer(1)), where('y', 'EQUAL', text('a'))))
  await filter('or, ordered', any(where('x', 'EQUAL', integer(1)), where('y', 'EQUAL', text('a'))), {
    orderBy: [by('y')],
  })
  await filter('and of nothing', all())
  const name = (path: string): ValueMessage => ({ referenceValue: calls.name(path) })
  await filter('name', where('__name__', 'EQUAL', name('a/1')))
  await filter('name above', where('__name__', 'GREATER_THAN', name('a/5')))
  await filter(
    'name between',
    all(where('__name__', 'GREATER_THAN_OR_EQUAL', name('a/2')), where('__name__', 'LESS_THAN', name('a/4'))),
  )
  await filter('name in', where('__name__', 'IN', list(name('a/5'), name('a/2'))))
  await filter('name not', where('__name__', 'NOT_EQUAL', name('a/1')))
  await filter('name elsewhere', where('__name__', 'GREATER_THAN', name('b/1')))
  await filter('name as text', where('__name__', 'EQUAL', text('1')))
  await filter('wrong path', where('x..y', 'EQUAL', integer(1)))
  await filter('quoted path', where('`x`', 'EQUAL', integer(1)))
  await filter('no operator', {
    fieldFilter: { field: { fieldPath: 'x' }, op: 'OPERATOR_UNSPECIFIED', value: integer(1) },
  })
}

const reference = (path: string): ValueMessage => ({
  referenceValue: `projects/p/databases/(default)/documents/${path}`,
})

/** Ascending by the documented order. */
const inOrder: readonly ValueMessage[] = [
  nothing,
  { booleanValue: false },
  { booleanValue: true },
  nan,
  double(Number.NEGATIVE_INFINITY),
  integer('-9223372036854775808'),
  double(-0.5),
  integer(0),
  integer('9007199254740992'),
  integer('9007199254740993'),
  double(9007199254740994),
  integer('9223372036854775807'),
  double(2 ** 63),
  { timestampValue: { seconds: 1, nanos: 0 } },
  { timestampValue: { seconds: 1, nanos: 1000 } },
  text(''),
  text('B'),
  text('a'),
  text('a\u0000'),
  text('ab'),
  text('é'),
  text('\uffee'),
  text('😀'),
  { bytesValue: Buffer.from([]) },
  { bytesValue: Buffer.from([1, 255]) },
  { bytesValue: Buffer.from([200]) },
  reference('a/__id2__'),
  reference('a/__id10__'),
  reference('a/1'),
  reference('a/b'),
  reference('a/b/c/d'),
  reference('a/b!'),
  { geoPointValue: { latitude: -1, longitude: 5 } },
  { geoPointValue: { latitude: 1, longitude: -5 } },
  list(),
  list(integer(1)),
  list(integer(1), integer(1)),
  list(integer(2)),
  vector(double(9)),
  vector(double(1), double(1)),
  map({}),
  map({ a: integer(1) }),
  map({ a: integer(1), b: integer(0) }),
  map({ a: integer(2) }),
  map({ b: integer(0) }),
]

/** Orders and positions in them. */
export async function askAboutOrders({ ask, calls }: Interview): Promise<void> {
  await seed(calls)
  const order = (what: string, query: QueryMessage) => ask(what, () => calls.found({ from, ...query }))
  const name = (path: string): ValueMessage => ({ referenceValue: calls.name(path) })
  const at = (before: boolean, ...values: ValueMessage[]) => ({ values, before })
  await order('x', { orderBy: [by('x')] })
  await order('x down', { orderBy: [by('x', 'DESCENDING')] })
  await order('x down, name up', { orderBy: [by('x', 'DESCENDING'), by('__name__')] })
  await order('name down', { orderBy: [by('__name__', 'DESCENDING')] })
  await order('x twice', { orderBy: [by('x'), by('x')] })
  await order('x after the name', { orderBy: [by('__name__'), by('x')] })
  await order('another field than the inequality', {
    where: where('x', 'GREATER_THAN', integer(0)),
    orderBy: [by('y')],
  })
  await order('from 1', { orderBy: [by('x')], startAt: at(true, integer(1)) })
  await order('after 1', { orderBy: [by('x')], startAt: at(false, integer(1)) })
  await order('before s', { orderBy: [by('x')], endAt: at(true, text('s')) })
  await order('to s', { orderBy: [by('x')], endAt: at(false, text('s')) })
  await order('down from s', { orderBy: [by('x', 'DESCENDING')], startAt: at(true, text('s')) })
  await order('after 1 and a name', { orderBy: [by('x'), by('__name__')], startAt: at(false, integer(1), name('a/1')) })
  await order('after 1, name not in the order', { orderBy: [by('x')], startAt: at(false, integer(1), name('a/1')) })
  await order('prefix of two orders', { orderBy: [by('x'), by('__name__')], startAt: at(false, nan) })
  await order('from a name', { orderBy: [by('__name__')], startAt: at(true, name('a/4')) })
  await order('between names', {
    orderBy: [by('__name__')],
    startAt: at(false, name('a/2')),
    endAt: at(false, name('a/5')),
  })
  await order('from a name, not ordered', { startAt: at(true, name('a/4')) })
  await order('from nothing', { startAt: at(true) })
  await calls.batchWrite([1, 2, 3].map((id) => put(calls, `ties/${id}`, { x: integer(1), y: integer(-id) })))
  await ask('ties down', () => calls.found({ from: [{ collectionId: 'ties' }], orderBy: [by('x', 'DESCENDING')] }))
  await ask('ties of an inequality down', () =>
    calls.found({
      from: [{ collectionId: 'ties' }],
      orderBy: [by('x', 'DESCENDING')],
      where: where('y', 'LESS_THAN', integer(0)),
    }),
  )
  await calls.batchWrite(
    inOrder.map((value, id) => put(calls, `kinds/${(id * 7) % inOrder.length}`, { x: value, at: integer(id) })),
  )
  await ask('every kind', () => calls.found({ from: [{ collectionId: 'kinds' }], orderBy: [by('x')] }))
  await ask('group between names', () =>
    calls.found({
      from: [{ collectionId: 'a', allDescendants: true }],
      orderBy: [by('__name__')],
      startAt: at(false, name('a/1')),
      endAt: at(true, name('a/2/a/3/a/4')),
    }),
  )
}
