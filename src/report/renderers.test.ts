import { describe, expect, test } from 'vitest'
import { planOf, rowOf, targetOf } from '../../test/cli/fixtures.ts'
import { LockstepError } from '../kernel/errors.ts'
import type { RunEvent } from '../ledger/events.ts'
import { buildErrorReport, renderError } from './error.ts'
import { buildJournal } from './journal.ts'
import { renderJournal, renderJournalMarkdown } from './journal-text.ts'
import { plainPaint } from './paint.ts'
import { renderPlan } from './plan.ts'
import { renderPlanMarkdown } from './plan-markdown.ts'
import { renderStatus } from './status-text.ts'
import { renderTarget } from './target.ts'
import { renderVerification } from './verification.ts'

const narrow = { width: 80, paint: plainPaint }
const wide = { width: 120, paint: plainPaint }
const id = '20261122093000_chats_know_their_language'

/** Only text that cannot be broken (ids, URLs) may be longer than the screen. */
function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length))
}

test('the target', () => {
  expect(renderTarget(targetOf('production'), wide)).toMatchInlineSnapshot(`"PRODUCTION  firestore shop/(default) · postgres migrator@db.example.org:5432/shop, PostgreSQL 15.8"`)
  expect(renderTarget(targetOf('local'), narrow)).toMatchInlineSnapshot(`
    "LOCAL  firestore shop/(default) on emulator 127.0.0.1:8080
           postgres migrator@127.0.0.1:5432/shop, PostgreSQL 15.8"
  `)
  const embedded = { ...targetOf('local'), postgres: { ...targetOf('local').postgres, engine: 'pglite' as const, host: '.lockstep/pg', port: null } }
  expect(renderTarget({ ...embedded, environment: 'dev' }, wide)).toMatchInlineSnapshot(`"LOCAL  environment dev · firestore shop/(default) on emulator 127.0.0.1:8080 · postgres .lockstep/pg, PGlite 15.8"`)
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

      ! W101  queries across all "chats" collections by language need a
              collection-group index
              fix  add it to firestore.indexes.json and deploy

      Total   2 steps · 20-35 min · $2.89 · 54 MiB more disk until it is completed
      Point of no return  lockstep complete 20261122093000_chats_know_their_language:
                          until then lockstep down is exact
      Next    lockstep up"
    `)
    expect(widest(text)).toBeLessThanOrEqual(80)
  })

  test('at 120 columns, with drift', () => {
    expect(renderPlan({ ...planOf(id), drift: ['20261101000000_older was edited after it was applied'] }, 'lockstep up', wide)).toMatchInlineSnapshot(`
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

      ! W101  queries across all "chats" collections by language need a collection-group index
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

      - **W101** queries across all "chats" collections by language need a collection-group index  
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
    const text = renderPlan({ ...plan, steps: plan.steps.map((step) => ({ ...step, effects: [], warnings: [] })) }, undefined, narrow)
    expect(text).not.toContain('EXPAND')
    expect(text).not.toContain('where a number comes from')
  })
})

test('a status', () => {
  const rows = [
    rowOf('20261101000000_first', { state: 'completed', phase: 'contract', next: null }),
    rowOf('20261102000000_second', { state: 'failed', phase: 'backfill', percent: 61, run: 'r', reason: '1 of the phase\'s shards failed: the default function failed on document Users/u1', next: 'lockstep up' }),
    rowOf('20261103000000_third', { state: 'soaking', phase: 'cutover', edited: true, next: 'bring it back' }),
    rowOf('20261104000000_fourth'),
  ]
  expect(renderStatus({ formatVersion: 1, target: targetOf('local'), migrations: rows, next: 'lockstep up' }, narrow)).toMatchInlineSnapshot(`
    "MIGRATION              STATE            PHASE     DONE
    20261101000000_first   completed        contract
    20261102000000_second  failed           backfill  61 %
        why   1 of the phase's shards failed: the default function failed on
              document Users/u1
        next  lockstep up
    20261103000000_third   soaking, edited  cutover
        next  bring it back
    20261104000000_fourth  pending

    next  lockstep up"
  `)
})

describe('an error', () => {
  const error = new LockstepError('LS-2104', 'column "language" is integer in 12 of 3,214 tables, not text', {
    where: { file: '/home/ada/shop/migrations/x.ts', line: 7, column: 14, source: "    postgres.addColumn(tenants('user_table'), 'language', 'text')," },
    why: 'those tables were altered outside Lockstep; nothing has been changed by this run',
    hint: 'drop or rename the column there, then plan again',
    also: [new LockstepError('LS-2105', '"a…" has 70 bytes, Postgres keeps 63', { where: { name: 'a…' } })],
  })

  test('with its place, and those found beside it', () => {
    expect(renderError(error, '/home/ada/shop', narrow)).toMatchInlineSnapshot(`
      "error[LS-2104] column "language" is integer in 12 of 3,214 tables, not text
       --> migrations/x.ts:7:14
        7 |     postgres.addColumn(tenants('user_table'), 'language', 'text'),
          |              ^
        why  those tables were altered outside Lockstep; nothing has been changed by
             this run
        fix  drop or rename the column there, then plan again
        docs docs/reference/errors.md#ls-2104
      error[LS-2105] "a…" has 70 bytes, Postgres keeps 63
        at   a…
        docs docs/reference/errors.md#ls-2105"
    `)
  })

  test('in a long line', () => {
    const source = `${'x'.repeat(200)}HERE${'y'.repeat(200)}`
    const [, , line = '', caret = ''] = renderError(new LockstepError('LS-2001', 'no', { where: { file: 'a.ts', line: 1, column: 201, source } }), '/', narrow).split('\n')
    expect(line.length).toBeLessThanOrEqual(80)
    expect(line.slice(caret.indexOf('^')).startsWith('HERE')).toBe(true)
  })

  test('a pause is no error', () => {
    expect(renderError(new LockstepError('LS-4007', 'interrupted', { hint: 'lockstep up goes on from here' }), '/', narrow)).toMatch(/^paused\[LS-4007\] interrupted/)
  })

  test('as JSON', () => {
    expect(buildErrorReport(error).error.also).toEqual([
      { code: 'LS-2105', message: '"a…" has 70 bytes, Postgres keeps 63', where: { name: 'a…' }, why: null, hint: null, docs: 'docs/reference/errors.md#ls-2105' },
    ])
  })
})

describe('a journal', () => {
  const told: readonly RunEvent[] = [
    { type: 'run-started', migration: id, plan: '72229e4ed11d', target: 'production: shop/(default) and db.example.org/shop', actor: 'ada', version: '0.1.0' },
    { type: 'tables-changed', step: 1, phase: 'expand', tables: 50, first: 'user_table_81', seconds: 0.004, repeats: 0 },
    { type: 'tables-changed', step: 1, phase: 'expand', tables: 12, first: 'user_table_97', seconds: 0.012, repeats: 2 },
    { type: 'shard-finished', step: 1, phase: 'expand', shard: 's1', changed: 62, skipped: 0, conflicts: 0, seconds: 1 },
    { type: 'phase-finished', phase: 'expand', seconds: 1.25 },
    { type: 'shard-retried', step: 0, phase: 'backfill', shard: 's0', problem: 'UNAVAILABLE' },
    { type: 'shard-finished', step: 0, phase: 'backfill', shard: 's0', changed: 1200, skipped: 7, conflicts: 3, seconds: 9 },
    { type: 'paused', reason: 'interrupted: paused after the current page' },
    { type: 'run-resumed', actor: 'grace', from: 'backfill' },
    { type: 'phase-finished', phase: 'backfill', seconds: 130 },
    { type: 'verified', step: 0, level: 'full', checked: 1207, what: 'documents read', findings: 0, seconds: 2 },
    { type: 'warning', message: 'the ledger did not answer a heartbeat' },
    { type: 'rollback-started', actor: 'grace' },
    { type: 'shard-finished', step: 1, phase: 'revert', shard: 's2', changed: 62, skipped: 0, conflicts: 0, seconds: 1 },
    { type: 'kept', step: 1, where: 'user_table_81', count: 2, unit: 'values', why: 'written by others after the cutover' },
  ]
  const journal = buildJournal({
    run: {
      ...{ id: 'a1b2c3d4', migration: id, checksum: '{}', state: 'rolled back', phase: 'cutover', reason: undefined, actor: 'ada', since: undefined },
      ...{ owner: undefined, createdAt: '2026-11-22T09:31:00.000Z', endedAt: '2026-11-22T10:00:00.000Z', steps: [] },
    },
    plan: planOf(id, 'production'),
    events: told.map((event, seq) => ({ seq, run: 'a1b2c3d4', at: `2026-11-22T09:31:${String(seq).padStart(2, '0')}.000Z`, event })),
  })

  test('as text', () => {
    expect(renderJournal(journal, wide)).toMatchInlineSnapshot(`
      "20261122093000_chats_know_their_language  run a1b2c3d4  rolled back
        Chats know their language; tenants get a language column

      Who and when
        - 2026-11-22 09:31:00 UTC: ada started with Lockstep 0.1.0 from plan 72229e4ed11d on production: shop/(default) and
          db.example.org/shop
        - 2026-11-22 09:31:08 UTC: grace went on from backfill
        - 2026-11-22 09:31:12 UTC: grace began the way back
        - 2026-11-22 10:00:00 UTC: ended: rolled back

      What changed
        - step 1 addField: add language to Whatsapp_Data/{uid}/chats/{phone}: 1,200 changed, 7 needed nothing, 3 conflicts
          met, read again and recomputed
        - step 2 addColumn: add column language text to 3214 user_table tables: 62 changed, 0 needed nothing, no conflicts, 62
          taken back

      How it was verified
        - 2026-11-22 09:31:10 UTC: step 1 (full): 1,207 documents read, 0 findings

      How long it took
        - expand: 1.3 s
        - backfill: 2 min

      Locks
        - expand: 2 transactions over 62 tables, the longest 0.012 s (beginning with user_table_97), 2 waited for and taken
          again

      What was kept
        - step 2: 2 values (user_table_81): written by others after the cutover

      What went wrong
        - 2026-11-22 09:31:05 UTC: shard s0 tried again: UNAVAILABLE
        - 2026-11-22 09:31:07 UTC: the run paused: interrupted: paused after the current page

      Warnings
        - W101 queries across all "chats" collections by language need a collection-group index
        - 2026-11-22 09:31:11 UTC: the ledger did not answer a heartbeat"
    `)
  })

  test('as Markdown', () => {
    expect(renderJournalMarkdown(journal).split('\n').slice(0, 12)).toMatchInlineSnapshot(`
      [
        "# 20261122093000_chats_know_their_language: rolled back",
        "",
        "Chats know their language; tenants get a language column (run \`a1b2c3d4\`, PRODUCTION)",
        "",
        "## Who and when",
        "",
        "- 2026-11-22 09:31:00 UTC: ada started with Lockstep 0.1.0 from plan 72229e4ed11d on production: shop/(default) and db.example.org/shop",
        "- 2026-11-22 09:31:08 UTC: grace went on from backfill",
        "- 2026-11-22 09:31:12 UTC: grace began the way back",
        "- 2026-11-22 10:00:00 UTC: ended: rolled back",
        "",
        "## What changed",
      ]
    `)
  })
})

test('a verification', () => {
  const migrations = [
    { id, problems: 3, steps: [{ step: 0, checked: 1207, what: 'documents read', findings: 3, seconds: 2 }], findings: [{ step: 0, where: 'Users/u1', problem: 'language is absent' }] },
  ]
  expect(renderVerification({ formatVersion: 1, target: targetOf('local'), level: 'full', ok: false, migrations }, narrow)).toMatchInlineSnapshot(`
    "20261122093000_chats_know_their_language  3 problems  (full)
      step 1  1,207 documents read, 3 findings, 2.0 s
      ! step 1  Users/u1: language is absent
      and 2 problems more"
  `)
})
