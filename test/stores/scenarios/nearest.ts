import type { Interview } from '../firestore-answers.ts'
import { double, integer, list, put, text, vector } from '../firestore-calls.ts'
import type { Message, QueryMessage } from '../firestore-calls.ts'

type NearestMessage = NonNullable<QueryMessage['findNearest']>

const numbers = (...values: number[]) => vector(...values.map(double))

/** What was found without the vectors, one document a line. */
const shortly = (found: readonly Message[]): readonly string[] =>
  found.flatMap(({ document }) => {
    if (!document) return []
    const { name, fields = {} } = document as { readonly name?: string; readonly fields?: Record<string, object> }
    const others = Object.entries(fields)
      .filter(([, value]) => !JSON.stringify(value).includes('__vector__'))
      .toSorted()
    return [`${name?.split('/').slice(5).join('/')} ${JSON.stringify(Object.fromEntries(others))}`]
  })

/** Searches for the nearest vectors: measures, thresholds, results, what is refused. */
export async function askAboutNearest({ ask, calls }: Interview): Promise<void> {
  await calls.batchWrite([
    put(calls, 'v/1', { at: numbers(1, 0), n: integer(1) }),
    put(calls, 'v/2', { at: numbers(0, 2), n: integer(2) }),
    put(calls, 'v/3', { at: numbers(-3, 1), n: integer(1) }),
    put(calls, 'v/4', { at: numbers(1, 0), n: integer(4) }),
    put(calls, 'v/5', { at: numbers(1, 2, 3) }),
    put(calls, 'v/6', { at: numbers(0, 0) }),
    put(calls, 'v/7', { at: text('none') }),
    put(calls, 'v/8', { n: integer(1) }),
    put(calls, 'v/9', { at: list(double(1), double(0)) }),
    put(calls, 'v/1/v/1', { at: numbers(2, 2), n: integer(1) }),
  ])
  const search = (what: string, nearest: NearestMessage, query: QueryMessage = {}) =>
    ask(what, async () =>
      shortly(
        await calls.query({
          from: [{ collectionId: 'v' }],
          findNearest: {
            vectorField: { fieldPath: 'at' },
            queryVector: numbers(1, 1),
            distanceMeasure: 'EUCLIDEAN',
            limit: { value: 10 },
            ...nearest,
          },
          ...query,
        }),
      ),
    )
  for (const distanceMeasure of ['EUCLIDEAN', 'COSINE', 'DOT_PRODUCT'] as const) {
    await search(`${distanceMeasure}`, { distanceMeasure, distanceResultField: 'far' })
    await search(`${distanceMeasure} within 1`, { distanceMeasure, distanceThreshold: { value: 1 } })
    await search(`${distanceMeasure} from nothing`, {
      distanceMeasure,
      queryVector: numbers(0, 0),
      distanceResultField: 'far',
    })
  }
  await search('two', { limit: { value: 2 } })
  await search('within 0', { distanceThreshold: { value: 0 }, queryVector: numbers(1, 0) })
  const where = { fieldFilter: { field: { fieldPath: 'n' }, op: 'EQUAL' as const, value: integer(1) } }
  await search('among equals', { distanceResultField: 'far' }, { where })
  await search('in a group', {}, { from: [{ collectionId: 'v', allDescendants: true }] })
  const select = (...paths: string[]) => ({ select: { fields: paths.map((fieldPath) => ({ fieldPath })) } })
  await search('projected', { distanceResultField: 'far', limit: { value: 1 } }, select('n'))
  await search('projected with the distance', { distanceResultField: 'far', limit: { value: 1 } }, select('n', 'far'))
  await search('distance over a field', { distanceResultField: 'n', limit: { value: 1 } })
  await search('distance in a map', { distanceResultField: 'a.b', limit: { value: 1 } })
  await search('distance over the vector', { distanceResultField: 'at', limit: { value: 1 } })
  const bad: Readonly<Record<string, NearestMessage>> = {
    'limit 0': { limit: { value: 0 } },
    'limit 1000': { limit: { value: 1000 } },
    'limit 1001': { limit: { value: 1001 } },
    'no limit': { limit: null },
    'no measure': { distanceMeasure: 'DISTANCE_MEASURE_UNSPECIFIED' },
    'no vector': { queryVector: list(double(1)) },
    'no field': { vectorField: null },
    'field of the name': { vectorField: { fieldPath: '__name__' } },
    'reserved distance': { distanceResultField: '__far__' },
    'negative threshold': { distanceThreshold: { value: -1 } },
    '2049 dimensions': { queryVector: numbers(...Array.from({ length: 2049 }, () => 1)) },
  }
  for (const [what, nearest] of Object.entries(bad)) await search(what, nearest)
  const orderBy = [{ field: { fieldPath: 'n' } }]
  await search('ordered', {}, { orderBy })
  await search('with a limit', {}, { limit: { value: 1 } })
  await search('with an offset', {}, { offset: 1 })
  await search('with a cursor', {}, { orderBy, startAt: { values: [integer(2)], before: true } })
  const range = { fieldFilter: { field: { fieldPath: 'n' }, op: 'GREATER_THAN' as const, value: integer(1) } }
  await search('with a range', {}, { where: range })
}
