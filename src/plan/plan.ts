import { z } from 'zod'

/** The plan as a file: plain JSON, frozen decisions with the shards they were cut into. Additive changes only. */
const figure = z.object({
  value: z.number(),
  source: z.enum(['counted', 'sampled', 'statistics', 'guess', 'rehearsed']),
})

const effect = z.object({
  phase: z.enum(['expand', 'backfill', 'verify', 'cutover', 'contract']),
  what: z.string(),
  count: figure,
  unit: z.enum(['documents', 'tables', 'rows', 'functions', 'indexes', 'statements']),
  lock: z.string(),
  seconds: z.tuple([z.number(), z.number()]),
  secondsSource: z.enum(['counted', 'sampled', 'statistics', 'guess', 'rehearsed']),
  cost: z.number(),
  disk: z.number(),
  undo: z.string(),
  /** What `what` tells in words besides, as numbers by name. */
  figures: z.record(z.string(), z.number()).optional(),
  statements: z.array(z.string()),
})

const shard = z.object({
  phase: z.enum(['expand', 'backfill', 'cutover', 'contract', 'revert']),
  stage: z.number().int(),
  scope: z.json(),
  estimate: z.number(),
})

const warning = z.object({ code: z.string(), message: z.string(), hint: z.string() })

const step = z.object({
  kind: z.string(),
  summary: z.string(),
  effects: z.array(effect),
  shards: z.array(shard),
  warnings: z.array(warning),
  leftOut: z.array(z.object({ name: z.string(), why: z.string() })).optional(),
  basis: z.json(),
  memo: z.json(),
})

export const targetForm = z.object({
  environment: z.string(),
  kind: z.enum(['local', 'staging', 'production']),
  firestore: z.object({ project: z.string(), database: z.string(), emulator: z.string().nullable() }),
  postgres: z.object({
    host: z.string(),
    port: z.number().nullable(),
    database: z.string(),
    user: z.string(),
    engine: z.enum(['postgres', 'pglite']),
    version: z.number(),
    fingerprint: z.string(),
  }),
})

export const planForm = z.object({
  formatVersion: z.literal(1),
  /** Twelve hex digits over migration, target and basis: equal for equal plans. */
  id: z.string(),
  migration: z.object({
    id: z.string(),
    summary: z.string(),
    checksum: z.object({ text: z.string(), meaning: z.string() }),
  }),
  target: targetForm,
  createdAt: z.string(),
  /** What is not as it should be before anything begins. */
  drift: z.array(z.string()),
  steps: z.array(step),
  totals: z.object({ seconds: z.tuple([z.number(), z.number()]), cost: z.number(), disk: z.number() }),
  pointOfNoReturn: z.string(),
})

export type Plan = z.infer<typeof planForm>
export type PlannedStep = Plan['steps'][number]
export type Target = z.infer<typeof targetForm>
