import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RunEvent } from '../../src/ledger/events.ts'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import { buildJournal } from '../../src/report/journal.ts'
import { renderJournal } from '../../src/report/journal-text.ts'
import { plainPaint } from '../../src/report/paint.ts'
import { failing, good, otherOperator, unanswered } from './vector-gates.cases.ts'
import { migrationId, openWorld } from './world.ts'
import type { World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const up = async (theCase: OperationCase): Promise<readonly RunEvent[]> => {
  await world.fill(theCase)
  const events: RunEvent[] = []
  const migrator = world.migrator(theCase, undefined, (message) => 'event' in message && events.push(message.event))
  await migrator.start(await migrator.plan(migrationId)).catch((error: unknown) => {
    if (!String(error).includes('not as')) throw error
  })
  return events
}

const problems = (events: readonly RunEvent[]): readonly string[] => [
  ...new Set(events.flatMap((event) => (event.type === 'finding' ? [event.problem] : []))),
]

it('what was measured before the switch stands in the journal, in numbers and in words', async () => {
  const events = await up(good)
  expect(problems(events)).toEqual([])
  const [journal] = await world.migrator(good).journal(migrationId)
  const report = journal && buildJournal(journal)
  expect(report?.digest.measured).toEqual([
    {
      step: 0,
      at: expect.any(String),
      where: 'documents',
      text: expect.stringContaining('recall@5 '),
      figures: {
        probes: 6,
        k: 5,
        indexed: 1,
        recall: expect.closeTo(1, 1),
        recallLeast: 0.95,
        ties: expect.any(Number),
        indexUsed: expect.any(Number),
        answered: expect.closeTo(1, 1),
        medianMilliseconds: expect.any(Number),
        medianMillisecondsBefore: expect.any(Number),
        medianMillisecondsMost: expect.any(Number),
        p95Milliseconds: expect.any(Number),
        p95MillisecondsBefore: expect.any(Number),
        overlap: expect.any(Number),
        goldenAsked: 1,
        goldenFound: 1,
      },
    },
  ])
  const figures = report?.digest.measured[0]?.figures
  expect(figures?.['overlap']).toBeLessThanOrEqual(1)
  expect(figures?.['medianMilliseconds']).toBeGreaterThan(0)
  expect(figures?.['p95Milliseconds']).toBeGreaterThanOrEqual(figures?.['medianMilliseconds'] ?? Infinity)
  expect(report && renderJournal(report, { width: 200, paint: plainPaint })).toMatch(
    /step 1: documents: 6 searches: recall@5 [^]*1 of 1 golden\s+queries/,
  )
})

it('the verification of a switched table compares with the table in the old shape', async () => {
  await up(good)
  const events: RunEvent[] = []
  const migrator = world.migrator(good, undefined, (message) => 'event' in message && events.push(message.event))
  expect(await migrator.verify(migrationId, 'full')).toBe(0)
  const [measured] = events.flatMap((event) => (event.type === 'measured' ? [event.figures] : []))
  expect(measured).toMatchObject({
    probes: 6,
    overlap: expect.any(Number),
    medianMillisecondsBefore: expect.any(Number),
  })
})

it.each([
  [
    'the distance of another operator',
    otherOperator,
    [
      'its query cannot use the index documents_embedding_hnsw: it is ordered by <->, the index is for <=> (vector_cosine_ops); write "order by embedding <=> $1 limit …" with nothing around it',
    ],
  ],
  ['an answer that is not there', unanswered, ['golden query 2: 999, 7 not among the first 1']],
])('nothing is switched by %s', async (_, theCase, found) => {
  expect(problems(await up(theCase))).toEqual(found)
  const [type] = await world.tables.read((q) =>
    q.query(
      "select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = 'documents'::regclass and attname = 'embedding'",
    ),
  )
  expect(type).toEqual({ type: 'extensions.vector(8)' })
})

it('a query that only the new shape understands needs the one of the old shape, and is told of if it fails', async () => {
  expect(problems(await up(failing))).toEqual(['its query fails with the new vectors: expected 8 dimensions, not 16'])
})
