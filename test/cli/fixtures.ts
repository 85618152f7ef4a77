import type { Plan, Target } from '../../src/plan/plan.ts'
import type { StatusRow } from '../../src/report/status.ts'

export type Kind = Target['kind']

export function targetOf(kind: Kind): Target {
  return {
    environment: kind,
    kind,
    firestore: { project: 'shop', database: '(default)', emulator: kind === 'local' ? '127.0.0.1:8080' : null },
    postgres: {
      host: kind === 'local' ? '127.0.0.1' : 'db.example.org',
      port: 5432,
      database: 'shop',
      user: 'migrator',
      engine: 'postgres',
      version: 150_008,
      fingerprint: 'f1',
    },
  }
}

export function rowOf(id: string, over: Partial<StatusRow> = {}): StatusRow {
  return {
    id,
    state: 'pending',
    phase: null,
    percent: null,
    reason: null,
    run: null,
    edited: false,
    fileMissing: false,
    olderThan: null,
    next: 'lockstep up',
    ...over,
  }
}

export function planOf(id: string, kind: Kind = 'local'): Plan {
  return {
    formatVersion: 1,
    id: '72229e4ed11d',
    migration: {
      id,
      summary: 'Chats know their language; tenants get a language column',
      checksum: { text: 't', meaning: 'm' },
    },
    target: targetOf(kind),
    createdAt: '2026-11-22T09:30:00.000Z',
    drift: [],
    steps: [addFieldStep, addColumnStep],
    totals: { seconds: [1210.7, 2105.4], cost: 2.89, disk: 56_623_104 },
    pointOfNoReturn: `lockstep complete ${id}: until then lockstep down is exact`,
  }
}

const addFieldStep: Plan['steps'][number] = {
  kind: 'addField',
  summary: 'add language to Whatsapp_Data/{uid}/chats/{phone}',
  effects: [
    {
      phase: 'backfill',
      what: 'write language where absent',
      count: { value: 1_204_318, source: 'sampled' },
      unit: 'documents',
      lock: 'none: each write carries the version it was computed from',
      seconds: [1_200, 2_100],
      secondsSource: 'guess',
      cost: 2.89,
      disk: 4_194_304,
      undo: 'remove the fields we wrote, keep what others set since',
      statements: [],
    },
  ],
  shards: [{ phase: 'backfill', stage: 0, scope: { from: null }, estimate: 1_204_318 }],
  warnings: [
    {
      code: 'queried-field-without-index',
      message: 'queries across all "chats" collections by language need a collection-group index',
      hint: 'add it to firestore.indexes.json and deploy',
    },
  ],
  basis: { pattern: 'Whatsapp_Data/{uid}/chats/{phone}' },
  memo: null,
}

const addColumnStep: Plan['steps'][number] = {
  kind: 'addColumn',
  summary: 'add column language text to 3214 user_table tables',
  effects: [
    {
      phase: 'expand',
      what: 'add language text with an index',
      count: { value: 3_214, source: 'counted' },
      unit: 'tables',
      lock: 'ACCESS EXCLUSIVE for milliseconds, at most 50 tables at once, lock_timeout 500 ms, retried',
      seconds: [1.6, 65],
      secondsSource: 'guess',
      cost: 0,
      disk: 52_428_800,
      undo: 'drop the column; values others wrote to it are kept in the ledger',
      statements: [`alter table "public"."user_table_81" add column "language" text default 'en'`],
    },
  ],
  shards: [{ phase: 'expand', stage: 1, scope: { schema: 'public', tables: ['user_table_81'] }, estimate: 50 }],
  warnings: [],
  basis: { column: 'language' },
  memo: null,
}
