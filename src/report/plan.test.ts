import { describe, expect, test } from 'vitest'
import { planOf, rowOf, targetOf } from '../../test/cli/fixtures.ts'
import { plainPaint } from './paint.ts'
import { renderPlan } from './plan.ts'
import { renderPlanMarkdown } from './plan-markdown.ts'
import { renderStatus } from './status-text.ts'
import { renderTarget } from './target.ts'

const narrow = { width: 80, paint: plainPaint }
const wide = { width: 120, paint: plainPaint }
const id = '20261122093000_chats_know_their_language'

/** Only text that cannot be broken (ids, URLs) may be longer than the screen. */
function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length))
}

test('the target', () => {
  expect(renderTarget(targetOf('production'), wide)).toMatchInlineSnapshot(
    `"PRODUCTION  firestore shop/(default) · postgres migrator@db.example.org:5432/shop, PostgreSQL 15.8"`,
  )
  expect(renderTarget(targetOf('local'), narrow)).toMatchInlineSnapshot(`
    "LOCAL  firestore shop/(default) on emulator 127.0.0.1:8080
           postgres migrator@127.0.0.1:5432/shop, PostgreSQL 15.8"
  `)
  const embedded = {
    ...targetOf('local'),
    postgres: { ...targetOf('local').postgres, engine: 'pglite' as const, host: '.lockstep/pg', port: null },
  }
  expect(renderTarget({ ...embedded, environment: 'dev' }, wide)).toMatchInlineSnapshot(
    `"LOCAL  environment dev · firestore shop/(default) on emulator 127.0.0.1:8080 · postgres .lockstep/pg, PGlite 15.8"`,
  )
})

describe('a plan', () => {
  test('at 80 columns', () => {
    const text = renderPlan(planOf(id), 'lockstep up', narrow)
    expect(text).toMatchInlineSnapshot(`
      "Plan 72229e4ed11d  20261122093000_chats_know_their_language
        Chats know their language; tenants get a language column
        drift: none
        where a number comes from: c counted  s sampled  g guess

      EXPAND    old and new clients both work; nothing is taken away
       2  addColumn: add language text with an index
          size  3,214 tables c · 2-65 s g · 50 MiB disk
          lock  ACCESS EXCLUSIVE for milliseconds, at most 50 tables at once,
                lock_timeout 500 ms, retried
          undo  drop the column; values others wrote to it are kept in the ledger
          sql   alter table "public"."user_table_81" add column "language" text
                default 'en'

      BACKFILL  resumable, can be paused at any moment; old and new clients both work
       1  addField: write language where absent
          size  1,204,318 documents s · 20-35 min g · $2.89 · 4.0 MiB disk
          lock  none: each write carries the version it was computed from
          undo  remove the fields we wrote, keep what others set since

      VERIFY    reads everything back; nothing is switched before it passes
      CUTOVER   the phase document tells apps; no statement of its own
      CONTRACT  last sweep and verification, with lockstep complete

      ! queried-field-without-index  queries across all "chats" collections by
          language need a collection-group index
          fix  add it to firestore.indexes.json and deploy

      Total   2 steps · 20-35 min · $2.89 · 54 MiB more disk until it is completed
      Point of no return  lockstep complete 20261122093000_chats_know_their_language:
                          until then lockstep down is exact
      Next    lockstep up"
    `)
    expect(widest(text)).toBeLessThanOrEqual(80)
  })

  test('at 120 columns, with drift', () => {
    expect(
      renderPlan(
        { ...planOf(id), drift: ['20261101000000_older was edited after it was applied'] },
        'lockstep up',
        wide,
      ),
    ).toMatchInlineSnapshot(`
      "Plan 72229e4ed11d  20261122093000_chats_know_their_language
        Chats know their language; tenants get a language column
      DRIFT
        ! 20261101000000_older was edited after it was applied
        where a number comes from: c counted  s sampled  g guess

      EXPAND    old and new clients both work; nothing is taken away
       2  addColumn: add language text with an index
          size  3,214 tables c · 2-65 s g · 50 MiB disk
          lock  ACCESS EXCLUSIVE for milliseconds, at most 50 tables at once, lock_timeout 500 ms, retried
          undo  drop the column; values others wrote to it are kept in the ledger
          sql   alter table "public"."user_table_81" add column "language" text default 'en'

      BACKFILL  resumable, can be paused at any moment; old and new clients both work
       1  addField: write language where absent
          size  1,204,318 documents s · 20-35 min g · $2.89 · 4.0 MiB disk
          lock  none: each write carries the version it was computed from
          undo  remove the fields we wrote, keep what others set since

      VERIFY    reads everything back; nothing is switched before it passes
      CUTOVER   the phase document tells apps; no statement of its own
      CONTRACT  last sweep and verification, with lockstep complete

      ! queried-field-without-index  queries across all "chats" collections by language need a collection-group index
          fix  add it to firestore.indexes.json and deploy

      Total   2 steps · 20-35 min · $2.89 · 54 MiB more disk until it is completed
      Point of no return  lockstep complete 20261122093000_chats_know_their_language: until then lockstep down is exact
      Next    lockstep up"
    `)
  })

  test('as Markdown', () => {
    expect(renderPlanMarkdown(planOf(id, 'production'))).toMatchInlineSnapshot(`
      "### Lockstep plan \`72229e4ed11d\` for PRODUCTION: 2 steps · 20-35 min · $2.89 · 54 MiB more disk until it is completed

      **20261122093000_chats_know_their_language**: Chats know their language; tenants get a language column

      Drift: none.

      | phase | step | what | size | time | cost | disk | lock | undo |
      | --- | --- | --- | --- | --- | --- | --- | --- | --- |
      | expand | 2 addColumn | add language text with an index | 3,214 tables c | 2-65 s g | $0.00 | 50 MiB | ACCESS EXCLUSIVE for milliseconds, at most 50 tables at once, lock_timeout 500 ms, retried | drop the column; values others wrote to it are kept in the ledger |
      | backfill | 1 addField | write language where absent | 1,204,318 documents s | 20-35 min g | $2.89 | 4.0 MiB | none: each write carries the version it was computed from | remove the fields we wrote, keep what others set since |

      Numbers: c counted, s sampled, t statistics, g guess, r rehearsed.

      - **queried-field-without-index** queries across all "chats" collections by language need a collection-group index  
        fix: add it to firestore.indexes.json and deploy

      <details><summary>Statements</summary>

      \`\`\`sql
      alter table "public"."user_table_81" add column "language" text default 'en';
      \`\`\`

      </details>

      Point of no return: lockstep complete 20261122093000_chats_know_their_language: until then lockstep down is exact"
    `)
  })

  test('that does nothing has no phase and no legend', () => {
    const plan = planOf(id)
    const text = renderPlan(
      { ...plan, steps: plan.steps.map((step) => ({ ...step, effects: [], warnings: [] })) },
      undefined,
      narrow,
    )
    expect(text).not.toContain('EXPAND')
    expect(text).not.toContain('where a number comes from')
  })
})

test('a status', () => {
  const rows = [
    rowOf('20261101000000_first', { state: 'completed', phase: 'contract', next: null }),
    rowOf('20261102000000_second', {
      state: 'failed',
      phase: 'backfill',
      percent: 61,
      run: 'r',
      reason: "1 of the phase's shards failed: the default function failed on document Users/u1",
      next: 'lockstep up',
    }),
    rowOf('20261103000000_third', { state: 'soaking', phase: 'cutover', edited: true, next: 'bring it back' }),
    rowOf('20261103120000_late', { olderThan: '20261104000000_fourth', next: 'lockstep up --out-of-order' }),
    rowOf('20261104000000_fourth', { state: 'soaking', phase: 'cutover' }),
    rowOf('20261105000000_fifth'),
  ]
  expect(renderStatus({ formatVersion: 1, target: targetOf('local'), migrations: rows, next: 'lockstep up' }, narrow))
    .toMatchInlineSnapshot(`
      "MIGRATION              STATE                  PHASE     DONE
      20261101000000_first   completed              contract
      20261102000000_second  failed                 backfill  61 %
          why   1 of the phase's shards failed: the default function failed on
                document Users/u1
          next  lockstep up
      20261103000000_third   soaking, edited        cutover
          next  bring it back
      20261103120000_late    pending, out of order
          why   older than 20261104000000_fourth, which was already applied
          next  lockstep up --out-of-order
      20261104000000_fourth  soaking                cutover
          next  lockstep up
      20261105000000_fifth   pending

      next  lockstep up"
    `)
})
