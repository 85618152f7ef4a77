import type { Step } from '../../operation.ts'
import { targetOf } from '../../step-target.ts'
import type { NamedTarget } from '../../step-target.ts'
import { defineStructureChange } from '../../structure-operation.ts'
import { vectorExtension } from './born-table.ts'
import { forgetTwins } from './forget-twins.ts'
import { changesIndexAlone, printWanted } from './index-change.ts'
import { indexChangePasses } from './index-change-passes.ts'
import { indexExtension, lastIndexExtension } from './index-change-extension.ts'
import { inspectIndexChange } from './inspect-index-change.ts'
import { inspectVectors } from './inspect-vectors.ts'
import { functionTexts } from './search-functions.ts'
import { vectorCompanion } from './vector-companion.ts'
import { parseResize } from './resize-spec.ts'
import type { ResizeEmbeddingsOptions, ResizeEmbeddingsSpec } from './resize-spec.ts'
import { changeOf } from './vector-change.ts'
import { vectorPasses } from './vector-passes.ts'
import { verifyIndexChange } from './verify-index-change.ts'
import { verifyVectors } from './verify-vectors.ts'

/** Gives a column of vectors another model, dimension or type, in one table or in every tenant's: `tenants('documents')`. */
export function resizeEmbeddingsStep(
  target: NamedTarget,
  options: ResizeEmbeddingsOptions,
): Step<ResizeEmbeddingsSpec> {
  return Object.freeze({
    kind: 'resizeEmbeddings',
    spec: Object.freeze({ target: targetOf(target), options: Object.freeze({ ...options }) }),
  })
}

export const resizeEmbeddings = defineStructureChange<ResizeEmbeddingsSpec>({
  kind: 'resizeEmbeddings',
  meta: { summary: 'Embeds a column of vectors anew, or gives it another type, without downtime', destructive: true },
  parse: parseResize,
  describe: (spec) => {
    if (changesIndexAlone(spec)) return `have ${printWanted(changeOf(spec))} in`
    const { options } = spec
    const { column, type, dimensions, embedder, within } = options
    const shape = [type, dimensions === undefined ? undefined : `${dimensions} dimensions`].filter(Boolean).join(', ')
    const by = embedder ?? within
    return `change vectors ${column} to ${shape}${by === undefined ? '' : ` of ${by}`} in`
  },
  passes: (spec) => (changesIndexAlone(spec) ? indexChangePasses : vectorPasses)(changeOf(spec)),
  inspect: (spec, inspection) =>
    (changesIndexAlone(spec) ? inspectIndexChange : inspectVectors)(changeOf(spec), inspection),
  extension: (spec) => (changesIndexAlone(spec) ? indexExtension : vectorExtension)(changeOf(spec)),
  extensionPhase: (spec) => (changesIndexAlone(spec) ? 'expand' : 'cutover'),
  lastExtension: (spec) => (changesIndexAlone(spec) ? lastIndexExtension(changeOf(spec)) : undefined),
  companion: (spec) => (changesIndexAlone(spec) ? undefined : vectorCompanion(changeOf(spec))),
  verify: (spec, tables, look, scope) =>
    (changesIndexAlone(spec) ? verifyIndexChange : verifyVectors)(changeOf(spec), tables, look, scope),
  forget: async (spec, tables) => (changesIndexAlone(spec) ? undefined : forgetTwins(changeOf(spec), tables)),
  sql: ({ functions }) => functionTexts(functions),
})
