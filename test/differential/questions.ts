import { AggregateField, FieldPath, Filter } from '@google-cloud/firestore'
import type { DocumentSnapshot, Query } from '@google-cloud/firestore'
import { valueOf } from './edits.ts'
import type { Place } from './edits.ts'
import type { Edge, Question, Test } from './program.ts'

/** The query of the client; documents that cursors stand at are read first. */
export async function queryOf(place: Place, question: Question): Promise<Query> {
  let query: Query = sourceOf(place, question)
  for (const test of question.where) query = query.where(filterOf(place, test))
  for (const { path, down } of question.orders) query = query.orderBy(new FieldPath(...path), down ? 'desc' : 'asc')
  for (const edge of question.edges) query = await withEdge(place, query, edge)
  if (question.offset > 0) query = query.offset(question.offset)
  if (question.limit !== undefined)
    query = question.last ? query.limitToLast(question.limit) : query.limit(question.limit)
  return question.select ? query.select(...question.select.map((path) => new FieldPath(...path))) : query
}

function sourceOf(place: Place, { from }: Question): Query {
  switch (from) {
    case 'collection':
      return place.firestore.collection(`${place.root}/${place.id('c')}`)
    case 'other':
      return place.firestore.collection(`${place.root}/${place.id('d')}`)
    case 'below':
      return place.doc(0).collection(place.id('c'))
    case 'group':
      return place.firestore.collectionGroup(place.id('c'))
  }
}

function filterOf(place: Place, test: Test): Filter {
  if ('all' in test) return Filter.and(...test.all.map((each) => filterOf(place, each)))
  if ('any' in test) return Filter.or(...test.any.map((each) => filterOf(place, each)))
  const than = 'as' in test.than ? valueOf(place, test.than) : test.than.map((each) => valueOf(place, each))
  return Filter.where(new FieldPath(...test.path), test.op, than)
}

async function withEdge(place: Place, query: Query, { side, by }: Edge): Promise<Query> {
  if (typeof by !== 'number') return query[side](...by.map((each) => valueOf(place, each)))
  const at: DocumentSnapshot = await place.doc(by).get()
  return at.exists ? query[side](at) : query
}

/** Every aggregation at once. */
export const totals = {
  count: AggregateField.count(),
  sum: AggregateField.sum('a'),
  average: AggregateField.average('a'),
}

/** The same without sums, which leave out documents that lack the field. */
export const counts = { count: AggregateField.count() }
