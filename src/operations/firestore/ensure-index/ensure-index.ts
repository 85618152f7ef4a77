import type { Step } from '../../operation.ts'
import { defineIndexOperation } from '../../index-operation.ts'
import { applyIndex } from './apply-index.ts'
import { parseSpec, shapeOfSpec } from './index-spec.ts'
import type { EnsureIndexOptions, EnsureIndexSpec } from './index-spec.ts'
import { planIndex, remainingIndex } from './plan-index.ts'
import { revertIndex } from './revert-index.ts'
import { verifyIndex } from './verify-index.ts'

/** Sees to an index of the collections with an id: in the project's index file, and if asked to on the server. */
export function ensureIndexStep(group: string, options: EnsureIndexOptions): Step<EnsureIndexSpec> {
  return Object.freeze({ kind: 'ensureIndex', spec: Object.freeze({ group, options }) })
}

export const ensureIndex = defineIndexOperation<EnsureIndexSpec>({
  kind: 'ensureIndex',
  meta: {
    summary: 'Adds an index to the index file, and creates it on the server if asked to',
    phases: ['expand', 'backfill'],
    destructive: false,
  },
  parse: parseSpec,
  plan: planIndex,
  remaining: remainingIndex,
  apply: applyIndex,
  revert: revertIndex,
  verify: verifyIndex,
  shape: shapeOfSpec,
})
