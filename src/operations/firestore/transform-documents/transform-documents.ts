import { defineInPlace } from '../../in-place-operation.ts'
import type { PlanWarning, Step } from '../../operation.ts'
import { transformInPlace } from './transform-in-place.ts'
import { compileTransform, parseTransform } from './transform-spec.ts'
import type { TransformDocumentsSpec, TransformOptions } from './transform-spec.ts'

/** Rewrites every document of a pattern by free code, in place. */
export function transformDocumentsStep(pattern: string, options: TransformOptions): Step<TransformDocumentsSpec> {
  return Object.freeze({ kind: 'transformDocuments', spec: Object.freeze({ pattern, options }) })
}

export const transformDocuments = defineInPlace<TransformDocumentsSpec>({
  kind: 'transformDocuments',
  summary: 'Rewrites documents by free code; values it leaves alone are kept exactly',
  parse: parseTransform,
  describe(spec) {
    const { pattern, options } = spec
    const { marker, up, down, check } = options
    return {
      inPlace: transformInPlace(compileTransform(spec)),
      summary: `transform the documents of ${pattern}`,
      what: 'write what up() makes of each document',
      undo: 'put back what was there before; what others wrote since goes through down()',
      check: check ?? 'full',
      warnings: down === undefined ? [oneWay(pattern)] : [],
      hintOf: () => 'mend the function, or these documents; nothing was written',
      basis: {
        pattern,
        marker: marker?.field ?? null,
        reads: options.reads ?? null,
        fields: options.fields ?? null,
        functions: [up.toString(), down?.toString() ?? null, options.isNew?.toString() ?? null],
      },
    }
  },
  shape(spec) {
    const { marker } = compileTransform(spec)
    return [{ change: 'transform', pattern: spec.pattern, ...(marker === undefined ? {} : { marker }) }]
  },
})

function oneWay(pattern: string): PlanWarning {
  return {
    code: 'W113',
    message: `documents of ${pattern} have no way back but the pre-images: there is no function down`,
    hint: 'what clients of the new shape write stays in the new shape on the way back; add down',
  }
}
