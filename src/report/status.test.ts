import { describe, expect, it } from 'vitest'
import type { Run } from '../ledger/runs.ts'
import type { Checksum } from '../migrations/load-module.ts'
import type { Target } from '../plan/plan.ts'
import { buildStatus, isEdited, statusForm } from './status.ts'
import type { Status, StatusRow } from './status.ts'

const target: Target = {
  environment: 'local',
  kind: 'local',
  firestore: { project: 'demo-shop', database: '(default)', emulator: '127.0.0.1:8080' },
  postgres: {
    host: '127.0.0.1',
    port: 5432,
    database: 'postgres',
    user: 'postgres',
    engine: 'pglite',
    version: 180_000,
    fingerprint: 'f',
  },
}
const applied: Checksum = { text: 't1', meaning: 'm1' }

function run(migration: string, state: Run['state'], more: Partial<Run> = {}): Run {
  return {
    id: `run-${migration}-${state}`,
    migration,
    checksum: JSON.stringify(applied),
    state,
    phase: 'backfill',
    reason: undefined,
    actor: 'ada',
    since: undefined,
    told: {},
    owner: undefined,
    createdAt: '2026-11-22T09:30:00.000Z',
    endedAt: undefined,
    steps: [],
    ...more,
  }
}

interface Seen {
  readonly files?: Readonly<Record<string, Checksum>>
  readonly runs?: readonly Run[]
  readonly progress?: Readonly<Record<string, number>>
}

function statusOf({ files = {}, runs = [], progress = {} }: Seen): Status {
  const onDisk = Object.entries(files).map(([id, checksum]) => ({ id, checksum: () => checksum }))
  return statusForm.parse(buildStatus({ target, files: onDisk, runs, progress: new Map(Object.entries(progress)) }))
}

function rowOf(state: Run['state'], more: Partial<Run> = {}): StatusRow | undefined {
  return statusOf({ files: { a: applied }, runs: [run('a', state, more)] }).migrations[0]
}

describe('rows', () => {
  it('come in the order of the files, with those of the ledger among them', () => {
    const { migrations } = statusOf({ files: { c: applied, a: applied }, runs: [run('b', 'completed')] })
    expect(migrations.map(({ id, state, fileMissing }) => [id, state, fileMissing])).toEqual([
      ['a', 'pending', false],
      ['b', 'completed', true],
      ['c', 'pending', false],
    ])
  })

  it('tell of the latest run of a migration', () => {
    const { migrations } = statusOf({ files: { a: applied }, runs: [run('a', 'rolled back'), run('a', 'soaking')] })
    expect(migrations).toMatchObject([{ state: 'soaking', run: 'run-a-soaking' }])
  })

  it('have a percentage only while something is under way', () => {
    const progress = { 'run-a-failed': 61, 'run-a-soaking': 100 }
    expect(
      statusOf({ files: { a: applied }, runs: [run('a', 'failed', { reason: 'x' })], progress }).migrations,
    ).toMatchObject([{ percent: 61, reason: 'x' }])
    expect(statusOf({ files: { a: applied }, runs: [run('a', 'soaking')], progress }).migrations).toMatchObject([
      { percent: null },
    ])
  })
})

describe('what comes next', () => {
  it.each<[Run['state'], string | null]>([
    ['running', 'lockstep up'],
    ['paused', 'lockstep up'],
    ['failed', 'lockstep up'],
    ['rolled back', 'lockstep up'],
    ['rolling back', 'lockstep down a'],
    ['soaking', 'lockstep complete a, or lockstep down a'],
    ['completing', 'lockstep complete a, or lockstep down a'],
    ['completed', null],
  ])('after %s is %s', (state, next) => {
    expect(rowOf(state)?.next).toBe(next)
  })

  it('is nothing where all is done, or nothing is there', () => {
    expect(statusOf({}).next).toBe('nothing to do')
    expect(statusOf({ files: { a: applied }, runs: [run('a', 'completed')] }).next).toBe('nothing to do')
  })

  it('of a missing file is to bring it back, unless its run is over', () => {
    const missing = (state: Run['state']) => statusOf({ runs: [run('a', state)] }).migrations[0]?.next
    expect(missing('soaking')).toBe('bring the file of a back')
    expect(missing('completed')).toBeNull()
    expect(missing('rolled back')).toBeNull()
  })
})

describe('a migration out of order', () => {
  const rows = (state: Run['state'], files: string[] = ['a', 'b', 'c']) =>
    statusOf({ files: Object.fromEntries(files.map((id) => [id, applied])), runs: [run('b', state)] }).migrations

  it('is a pending one that is older than one already applied', () => {
    expect(rows('soaking').map(({ olderThan }) => olderThan)).toEqual(['b', null, null])
    expect(rows('completed')[0]?.next).toBe('give a a later time, or lockstep up --out-of-order')
  })

  it('is none where the later one was taken back, nor one whose file is missing', () => {
    expect(rows('rolled back').map(({ olderThan }) => olderThan)).toEqual([null, null, null])
    const gone = statusOf({ runs: [run('a', 'rolled back'), run('b', 'soaking')], files: { b: applied } })
    expect(gone.migrations[0]).toMatchObject({ olderThan: null, next: null })
  })
})

describe('an edited file', () => {
  const edited = (now: Checksum, state: Run['state'] = 'soaking') =>
    statusOf({ files: { a: now }, runs: [run('a', state)] }).migrations[0]

  it('is one that means something else than was applied', () => {
    expect(edited({ text: 't2', meaning: 'm2' })).toMatchObject({
      edited: true,
      next: 'bring a back to what was applied, or write a new migration',
    })
  })

  it('is none when only comments and spacing changed, or the same text means something else to another Lockstep', () => {
    expect(edited({ text: 't2', meaning: 'm1' })?.edited).toBe(false)
    expect(edited({ text: 't1', meaning: 'm2' })?.edited).toBe(false)
    expect(isEdited(applied, applied)).toBe(false)
  })

  it('is of no interest once its run is rolled back', () => {
    expect(edited({ text: 't2', meaning: 'm2' }, 'rolled back')?.edited).toBe(false)
  })
})
