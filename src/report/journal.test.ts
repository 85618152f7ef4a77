import { describe, expect, test } from 'vitest'
import { planOf, targetOf } from '../../test/cli/fixtures.ts'
import type { RunEvent } from '../ledger/events.ts'
import { buildJournal } from './journal.ts'
import { renderJournal, renderJournalMarkdown } from './journal-text.ts'
import { plainPaint } from './paint.ts'
import { renderVerification } from './verification.ts'

const narrow = { width: 80, paint: plainPaint }
const wide = { width: 120, paint: plainPaint }
const id = '20261122093000_chats_know_their_language'

describe('a journal', () => {
  const told: readonly RunEvent[] = [
    {
      type: 'run-started',
      migration: id,
      plan: '72229e4ed11d',
      target: 'production: shop/(default) and db.example.org/shop',
      actor: 'ada',
      version: '0.1.0',
    },
    {
      type: 'tables-changed',
      step: 1,
      phase: 'expand',
      tables: 50,
      first: 'user_table_81',
      seconds: 0.004,
      repeats: 0,
    },
    {
      type: 'tables-changed',
      step: 1,
      phase: 'expand',
      tables: 12,
      first: 'user_table_97',
      seconds: 0.012,
      repeats: 2,
    },
    {
      type: 'shard-finished',
      step: 1,
      phase: 'expand',
      shard: 's1',
      changed: 62,
      skipped: 0,
      conflicts: 0,
      seconds: 1,
    },
    { type: 'phase-finished', phase: 'expand', seconds: 1.25 },
    { type: 'shard-retried', step: 0, phase: 'backfill', shard: 's0', problem: 'UNAVAILABLE' },
    {
      type: 'shard-finished',
      step: 0,
      phase: 'backfill',
      shard: 's0',
      changed: 1200,
      skipped: 7,
      conflicts: 3,
      seconds: 9,
    },
    { type: 'paused', reason: 'interrupted: paused after the current page' },
    { type: 'run-resumed', actor: 'grace', from: 'backfill' },
    { type: 'phase-finished', phase: 'backfill', seconds: 130 },
    { type: 'verified', step: 0, level: 'full', checked: 1207, what: 'documents read', findings: 0, seconds: 2 },
    { type: 'warning', message: 'the ledger did not answer a heartbeat' },
    { type: 'rollback-started', actor: 'grace' },
    {
      type: 'shard-finished',
      step: 1,
      phase: 'revert',
      shard: 's2',
      changed: 62,
      skipped: 0,
      conflicts: 0,
      seconds: 1,
    },
    {
      type: 'kept',
      step: 1,
      where: 'user_table_81',
      count: 2,
      unit: 'values',
      why: 'written by others after the cutover',
    },
    {
      type: 'measured',
      step: 0,
      where: 'documents',
      text: '20 searches: recall@10 0.995',
      figures: { probes: 20, recall: 0.995 },
    },
  ]
  const journal = buildJournal({
    run: {
      id: 'a1b2c3d4',
      migration: id,
      checksum: '{}',
      state: 'rolled back',
      phase: 'cutover',
      reason: undefined,
      actor: 'ada',
      since: undefined,
      told: {},
      owner: undefined,
      createdAt: '2026-11-22T09:31:00.000Z',
      endedAt: '2026-11-22T10:00:00.000Z',
      steps: [],
    },
    plan: planOf(id, 'production'),
    events: told.map((event, seq) => ({
      seq,
      run: 'a1b2c3d4',
      at: `2026-11-22T09:31:${String(seq).padStart(2, '0')}.000Z`,
      event,
    })),
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
        - 2026-11-22 09:31:15 UTC: step 1: documents: 20 searches: recall@10 0.995

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
        - queried-field-without-index queries across all "chats" collections by language need a collection-group index
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
    {
      id,
      problems: 3,
      steps: [{ step: 0, checked: 1207, what: 'documents read', findings: 3, seconds: 2 }],
      measured: [{ step: 0, where: 'documents', text: '20 searches: recall@10 0.995', figures: { recall: 0.995 } }],
      findings: [{ step: 0, where: 'Users/u1', problem: 'language is absent' }],
    },
  ]
  expect(
    renderVerification({ formatVersion: 1, target: targetOf('local'), level: 'full', ok: false, migrations }, narrow),
  ).toMatchInlineSnapshot(`
    "20261122093000_chats_know_their_language  3 problems  (full)
      step 1  1,207 documents read, 3 findings, 2.0 s
        step 1  documents: 20 searches: recall@10 0.995
      ! step 1  Users/u1: language is absent
      and 2 problems more"
  `)
})
