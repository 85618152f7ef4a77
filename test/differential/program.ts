import fc from 'fast-check'

/** A value of a document, plain, so that a program that fails can be read. */
export type Datum =
  | { readonly as: 'null' }
  | { readonly as: 'boolean'; readonly of: boolean }
  | { readonly as: 'integer'; readonly of: string }
  | { readonly as: 'double'; readonly of: number }
  | { readonly as: 'text'; readonly of: string }
  | { readonly as: 'time'; readonly of: number }
  | { readonly as: 'bytes'; readonly of: readonly number[] }
  | { readonly as: 'document'; readonly of: number }
  | { readonly as: 'place'; readonly of: readonly [number, number] }
  | { readonly as: 'vector'; readonly of: readonly number[] }
  | { readonly as: 'list'; readonly of: readonly Datum[] }
  | { readonly as: 'map'; readonly of: Readonly<Record<string, Datum>> }

/** What stands in the place of a value in a write. */
export type Change =
  | Datum
  | { readonly as: 'now' | 'remove' }
  | { readonly as: 'add'; readonly of: Datum }
  | { readonly as: 'union' | 'without'; readonly of: readonly Datum[] }

export type Path = readonly string[]
export type Condition = 'none' | 'current' | 'stale' | 'exists'

/** `at` counts in `paths`. */
export type Edit = { readonly at: number } & (
  | { readonly do: 'create' | 'set' | 'merge'; readonly data: Readonly<Record<string, Change>> }
  | { readonly do: 'update'; readonly pairs: readonly (readonly [Path, Change])[]; readonly when: Condition }
  | { readonly do: 'delete'; readonly when: Condition }
)

export type Test =
  | { readonly path: Path; readonly op: FirebaseFirestore.WhereFilterOp; readonly than: Datum | readonly Datum[] }
  | { readonly all: readonly Test[] }
  | { readonly any: readonly Test[] }

export interface Edge {
  readonly side: 'startAt' | 'startAfter' | 'endAt' | 'endBefore'
  /** Values of the orders, or a document whose values are taken. */
  readonly by: readonly Datum[] | number
}

export interface Question {
  readonly from: 'collection' | 'group' | 'other' | 'below'
  readonly where: readonly Test[]
  readonly orders: readonly { readonly path: Path; readonly down: boolean }[]
  readonly edges: readonly Edge[]
  readonly limit: number | undefined
  readonly last: boolean
  readonly offset: number
  readonly select: readonly Path[] | undefined
}

export type Step =
  | { readonly do: 'batch' | 'each'; readonly edits: readonly Edit[] }
  | { readonly do: 'ask' | 'total'; readonly question: Question }
  | { readonly do: 'read'; readonly at: readonly number[]; readonly mask: readonly Path[] | undefined }
  | ({ readonly do: 'transaction'; readonly read: readonly number[]; readonly question: Question | undefined } & {
      readonly edits: readonly Edit[]
      readonly end: 'commit' | 'throw' | 'readOnly'
    })
  | { readonly do: 'contend'; readonly on: readonly number[]; readonly add: readonly Contender[] }
  | { readonly do: 'list'; readonly at: number }
  | { readonly do: 'earlier'; readonly question: Question }

/** Adds a number to the same field of the same documents as the others, at the same time: having read it, or without. */
export interface Contender {
  readonly by: 'transaction' | 'increment'
  readonly number: number
}

/** Steps one after the other, while somebody listens to the questions. */
export interface Program {
  readonly steps: readonly Step[]
  readonly listen: readonly Question[]
}

/** The documents of a program, below a document of its own: `c` is the collection, `d` another one. */
export const paths = ['c/1', 'c/2', 'c/10', 'c/é', 'c/__id3__', 'c/1/c/1', 'd/1/c/😀', 'd/1', 'c/2/d/x']

const at = fc.nat({ max: paths.length - 1 })

const scalar: fc.Arbitrary<Datum> = fc.oneof(
  fc.constantFrom<Datum>({ as: 'null' }, { as: 'boolean', of: false }, { as: 'boolean', of: true }),
  fc
    .constantFrom('0', '1', '2', '9007199254740993', '-9223372036854775808', '9223372036854775807')
    .map((of): Datum => ({ as: 'integer', of })),
  fc.constantFrom(-0, 0.5, 1.5, 2 ** 63, Number.NaN, Infinity, -Infinity).map((of): Datum => ({ as: 'double', of })),
  fc.constantFrom('', 'a', 'ab', 'é', '\uffee', '😀').map((of): Datum => ({ as: 'text', of })),
  fc.constantFrom(0, 1, 500_000).map((of): Datum => ({ as: 'time', of })),
  fc.constantFrom([1], [1, 2], [200]).map((of): Datum => ({ as: 'bytes', of })),
  fc.nat({ max: 2 }).map((of): Datum => ({ as: 'document', of })),
  fc.constantFrom<readonly [number, number]>([1, 2], [-1, 2]).map((of): Datum => ({ as: 'place', of })),
  fc.constantFrom([1, 0], [0, 1], [2]).map((of): Datum => ({ as: 'vector', of })),
)
const flat = fc.dictionary(fc.constantFrom('a', 'b', 'x.y'), scalar, { maxKeys: 2 })
const mapped = flat.map((of): Datum => ({ as: 'map', of }))
const item = fc.oneof(
  scalar.filter(({ as }) => as !== 'vector'),
  mapped,
)
const listed = fc.array(item, { maxLength: 3 }).map((of): Datum => ({ as: 'list', of }))

const datum: fc.Arbitrary<Datum> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 2, arbitrary: listed },
  { weight: 2, arbitrary: mapped },
)

const number = fc.constantFrom<Datum>(
  { as: 'integer', of: '1' },
  { as: 'integer', of: '9223372036854775807' },
  { as: 'double', of: 0.5 },
  { as: 'double', of: -Infinity },
)

const transform: fc.Arbitrary<Change> = fc.oneof(
  fc.constant<Change>({ as: 'now' }),
  number.map((of): Change => ({ as: 'add', of })),
  fc
    .tuple(fc.constantFrom('union', 'without'), fc.array(item, { maxLength: 2 }))
    .map(([as, of]): Change => ({ as, of })),
)

const field = fc.constantFrom('a', 'b', 'c', 'x.y')
const change: fc.Arbitrary<Change> = fc.oneof({ weight: 4, arbitrary: datum }, { weight: 1, arbitrary: transform })
const data = fc.dictionary(field, change, { maxKeys: 3 })
const path: fc.Arbitrary<Path> = fc.constantFrom<Path>(
  ['a'],
  ['b'],
  ['c'],
  ['a', 'b'],
  ['b', 'a'],
  ['x.y'],
  ['a', 'x.y'],
)
const condition = fc.constantFrom<Condition>('none', 'none', 'current', 'stale', 'exists')
const removed: fc.Arbitrary<Change> = fc.constant({ as: 'remove' })

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ at, do: fc.constantFrom('set', 'set', 'create', 'merge'), data }) },
  {
    weight: 3,
    arbitrary: fc.record({
      at,
      do: fc.constant('update'),
      pairs: fc.uniqueArray(
        fc.tuple(path, fc.oneof({ weight: 4, arbitrary: change }, { weight: 1, arbitrary: removed })),
        {
          selector: ([where]) => where[0],
          minLength: 1,
          maxLength: 3,
        },
      ),
      when: condition,
    }),
  },
  { weight: 1, arbitrary: fc.record({ at, do: fc.constant('delete'), when: condition }) },
)

const comparison: fc.Arbitrary<Test> = fc.record({
  path,
  op: fc.constantFrom<FirebaseFirestore.WhereFilterOp>('==', '<', '<=', '>', '>=', 'array-contains'),
  than: datum,
})
const membership: fc.Arbitrary<Test> = fc.record({
  path,
  op: fc.constantFrom<FirebaseFirestore.WhereFilterOp>('in', 'array-contains-any'),
  than: fc.array(scalar, { minLength: 1, maxLength: 3 }),
})
/** At most one in a query, and `not-in` never beside a disjunction: else both servers refuse. */
const negation: fc.Arbitrary<Test> = fc.oneof(
  fc.record({ path, op: fc.constant<FirebaseFirestore.WhereFilterOp>('!='), than: datum }),
  fc.record({
    path,
    op: fc.constant<FirebaseFirestore.WhereFilterOp>('not-in'),
    than: fc.array(scalar, { minLength: 1, maxLength: 3 }),
  }),
)
const leaf = fc.oneof({ weight: 4, arbitrary: comparison }, { weight: 1, arbitrary: membership })
const either: fc.Arbitrary<Test> = fc.oneof(
  { weight: 3, arbitrary: fc.array(leaf, { minLength: 2, maxLength: 3 }).map((any): Test => ({ any })) },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc.oneof(
          leaf,
          fc.array(leaf, { minLength: 2, maxLength: 2 }).map((all): Test => ({ all })),
        ),
        {
          minLength: 2,
          maxLength: 2,
        },
      )
      .map((any): Test => ({ any })),
  },
)
const where: fc.Arbitrary<readonly Test[]> = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  { weight: 4, arbitrary: fc.array(leaf, { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.tuple(negation) },
  { weight: 1, arbitrary: fc.tuple(either) },
)

const edge: fc.Arbitrary<Edge> = fc.record({
  side: fc.constantFrom('startAt', 'startAfter', 'endAt', 'endBefore'),
  by: fc.oneof(fc.array(datum, { minLength: 1, maxLength: 2 }), at),
})

/** More than one array condition that holds together is refused. */
function withOneContains(tests: readonly Test[]): readonly Test[] {
  const isArray = (test: Test): boolean => 'op' in test && test.op.startsWith('array')
  const last = tests.findLastIndex(isArray)
  return tests
    .filter((test, at) => !isArray(test) || at === last)
    .map((test) => ('any' in test ? { any: test.any.map(alone) } : test))
}

const alone = (test: Test): Test => ('all' in test ? { all: withOneContains(test.all) } : test)

const question: fc.Arbitrary<Question> = fc
  .record({
    from: fc.constantFrom('collection', 'collection', 'group', 'other', 'below'),
    where,
    orders: fc.uniqueArray(fc.record({ path, down: fc.boolean() }), {
      selector: (order) => order.path.join('/'),
      maxLength: 2,
    }),
    edges: fc.uniqueArray(edge, { selector: ({ side }) => side.slice(0, 3), maxLength: 2 }),
    limit: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    last: fc.boolean(),
    offset: fc.constantFrom(0, 0, 0, 1),
    select: fc.option(fc.array(path, { maxLength: 2 }), { nil: undefined, freq: 4 }),
  })
  .map((each) => {
    const last = each.last && each.limit !== undefined && each.orders.length > 0
    const where = withOneContains(each.where)
    const edges = each.edges.flatMap(({ side, by }): readonly Edge[] => {
      if (typeof by === 'number') return [{ side, by }]
      const values = by.slice(0, each.orders.length)
      return values.length === 0 ? [] : [{ side, by: values }]
    })
    return { ...each, where, last, edges }
  })

/** The client cannot order what it hears without the fields of the order, and sums of a projection are refused. */
const whole = question.map((each): Question => ({ ...each, select: undefined }))
/** A document as a cursor orders by the name, behind which nothing can be summed. */
const summed = whole.map((each): Question => ({
  ...each,
  edges: each.edges.filter(({ by }) => typeof by !== 'number'),
}))

const edits = fc.array(edit, { minLength: 1, maxLength: 4 })
/** The client sends several writes to one document apart and in any order. */
const apart = fc.uniqueArray(edit, { selector: (each) => each.at, minLength: 1, maxLength: 4 })

const on = fc.uniqueArray(at, { minLength: 1, maxLength: 2 })
const contenders = fc.array(
  fc.record({
    by: fc.constantFrom('transaction', 'transaction', 'increment'),
    number: fc.integer({ min: 1, max: 99 }),
  }),
  { minLength: 2, maxLength: 3 },
)

const quickStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('batch'), edits }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('each'), edits: apart }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('ask', 'ask', 'ask', 'earlier'), question }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('total'), question: summed }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('read'),
      at: fc.array(at, { minLength: 1, maxLength: 3 }),
      mask: fc.option(fc.array(path, { maxLength: 2 }), { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('transaction'),
      read: fc.array(at, { maxLength: 2 }),
      question: fc.option(question, { nil: undefined }),
      edits,
      end: fc.constantFrom('commit', 'commit', 'throw', 'readOnly'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('list'), at }) },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 18, arbitrary: quickStep },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('contend'), on, add: contenders }) },
)

/** Begins with some documents, so that the questions find something. */
const programOf = (steps: fc.Arbitrary<readonly Step[]>, listeners: number): fc.Arbitrary<Program> =>
  fc
    .record({
      seeds: fc.uniqueArray(fc.record({ at, do: fc.constant('set'), data }), {
        selector: (seed) => seed.at,
        maxLength: 9,
      }),
      rest: steps,
      listen: fc.array(whole, { maxLength: listeners }),
    })
    .map(({ seeds, rest, listen }) => ({ steps: [{ do: 'batch', edits: seeds }, ...rest], listen }))

export const program = programOf(fc.array(step, { minLength: 1, maxLength: 12 }), 2)
/** Of one step, and without those that wait: contenders and listeners. */
export const shortProgram = programOf(fc.tuple(quickStep), 0)
