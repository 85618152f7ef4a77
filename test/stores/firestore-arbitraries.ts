import fc from 'fast-check'
import { double, integer, list, map, nothing, text, vector } from './firestore-calls.ts'
import type { FieldsMessage, QueryMessage, TransformMessage, ValueMessage } from './firestore-calls.ts'

const fieldNames = ['a', 'b', 'c'] as const
const field = fc.constantFrom(...fieldNames)

const scalar: fc.Arbitrary<ValueMessage> = fc.oneof(
  fc.constantFrom(nothing, { booleanValue: false }, { booleanValue: true }),
  fc.constantFrom(
    ...['0', '1', '2', '9007199254740992', '9007199254740993', '-9223372036854775808', '9223372036854775807'].map(
      integer,
    ),
  ),
  fc.constantFrom(
    ...[
      0,
      -0,
      1,
      1.5,
      2,
      9007199254740992,
      2 ** 63,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      -1e-300,
    ].map(double),
  ),
  fc.constantFrom(...['', 'a', 'b', 'é', '\uffee', '😀', 'a\u0000', 'ab'].map(text)),
  fc.constantFrom(...[0, 1000, 500_000_000].map((nanos) => ({ timestampValue: { seconds: 5, nanos } }))),
  fc.constantFrom(
    { bytesValue: Buffer.from([1]) },
    { bytesValue: Buffer.from([1, 2]) },
    { bytesValue: Buffer.from([200]) },
  ),
  fc.constantFrom(
    { geoPointValue: { latitude: 1, longitude: 2 } },
    { geoPointValue: { latitude: -1, longitude: 2 } },
    { geoPointValue: { latitude: 1, longitude: -2 } },
  ),
  fc
    .constantFrom('a/b', 'a/c', 'a/b/c/d', 'a/__id5__', 'a/__id10__')
    .map((path) => ({ referenceValue: `projects/p/databases/(default)/documents/${path}` })),
  fc.constantFrom(vector(double(1)), vector(double(2)), vector(double(0), double(0))),
)

const flatMap = fc.dictionary(fc.constantFrom('a', 'b', 'é'), scalar, { maxKeys: 2 }).map(map)

/** Few different values of every kind, so that equal and neighbouring ones meet. */
const value: fc.Arbitrary<ValueMessage> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc.oneof(
          scalar.filter((item) => !('mapValue' in item)),
          flatMap,
        ),
        { maxLength: 3 },
      )
      .map((items) => list(...items)),
  },
  { weight: 1, arbitrary: flatMap },
)

export const fields: fc.Arbitrary<FieldsMessage> = fc.dictionary(field, value, { maxKeys: 3 })

type FilterMessage = NonNullable<QueryMessage['where']>
const path = fc.constantFrom('a', 'b', 'c', 'a.b')

const comparison: fc.Arbitrary<FilterMessage> = fc
  .tuple(
    path,
    fc.constantFrom(
      'EQUAL',
      'NOT_EQUAL',
      'LESS_THAN',
      'LESS_THAN_OR_EQUAL',
      'GREATER_THAN',
      'GREATER_THAN_OR_EQUAL',
      'ARRAY_CONTAINS',
    ),
    value,
  )
  .map(([fieldPath, op, operand]) => ({ fieldFilter: { field: { fieldPath }, op, value: operand } }))

const membership: fc.Arbitrary<FilterMessage> = fc
  .tuple(path, fc.constantFrom('IN', 'NOT_IN', 'ARRAY_CONTAINS_ANY'), fc.array(value, { minLength: 1, maxLength: 3 }))
  .map(([fieldPath, op, operands]) => ({ fieldFilter: { field: { fieldPath }, op, value: list(...operands) } }))

const unary: fc.Arbitrary<FilterMessage> = fc
  .tuple(path, fc.constantFrom('IS_NULL', 'IS_NAN', 'IS_NOT_NULL', 'IS_NOT_NAN'))
  .map(([fieldPath, op]) => ({ unaryFilter: { field: { fieldPath }, op } }))

const leaf = fc.oneof(
  { weight: 4, arbitrary: comparison },
  { weight: 1, arbitrary: membership },
  { weight: 1, arbitrary: unary },
)

const composite: fc.Arbitrary<FilterMessage> = fc
  .tuple(fc.constantFrom('AND', 'OR'), fc.array(leaf, { minLength: 1, maxLength: 2 }))
  .map(([op, filters]) => ({ compositeFilter: { op, filters } }))

const orders = fc.uniqueArray(fc.tuple(path, fc.constantFrom('ASCENDING', 'DESCENDING')), {
  selector: ([name]) => name,
  maxLength: 2,
})

const cursor = fc.tuple(fc.array(value, { minLength: 1, maxLength: 2 }), fc.boolean())

/** Queries of collection or group `q`: filters, orders, cursors of no more values than orders, offsets, limits. */
export const query: fc.Arbitrary<QueryMessage> = fc
  .record({
    where: fc.option(fc.oneof(leaf, composite), { nil: undefined }),
    orders,
    start: fc.option(cursor, { nil: undefined }),
    end: fc.option(cursor, { nil: undefined }),
    limit: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    offset: fc.constantFrom(0, 0, 1),
    allDescendants: fc.boolean(),
  })
  .map(({ where, orders: stated, start, end, limit, offset, allDescendants }): QueryMessage => {
    const at = (position: [ValueMessage[], boolean] | undefined) =>
      position && stated.length > 0 ? { values: position[0].slice(0, stated.length), before: position[1] } : null
    return {
      from: [{ collectionId: 'q', allDescendants }],
      where: where ?? null,
      orderBy: stated.map(([fieldPath, direction]) => ({ field: { fieldPath }, direction })),
      startAt: at(start),
      endAt: at(end),
      limit: limit === undefined ? null : { value: limit },
      offset,
    }
  })

const number = fc.oneof(
  fc.constantFrom(...['0', '1', '-1', '9007199254740993', '9223372036854775807'].map(integer)),
  fc.constantFrom(...[0, -0, 1, 1.5, Number.NaN, 2 ** 63].map(double)),
)

export const transform: fc.Arbitrary<TransformMessage> = fc
  .tuple(
    fc.constantFrom('a', 'b', 'a.b', 'b.c'),
    fc.constantFrom('increment', 'maximum', 'minimum', 'appendMissingElements', 'removeAllFromArray'),
    number,
    fc.array(
      scalar.filter((item) => !('mapValue' in item)),
      { maxLength: 2 },
    ),
  )
  .map(([fieldPath, op, operand, values]) =>
    op === 'increment' || op === 'maximum' || op === 'minimum'
      ? { fieldPath, [op]: operand }
      : { fieldPath, [op]: { values } },
  )

export const mask = fc.array(fc.constantFrom('a', 'b', 'a.b', 'b.a', 'c.a.b', 'c'), { maxLength: 3 })
