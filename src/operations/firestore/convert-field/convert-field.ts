import type { Json } from '../../../kernel/canonical-json.ts'
import { LockstepError } from '../../../kernel/errors.ts'
import { plainAcceptance } from '../../conversions/acceptance.ts'
import type { FieldType } from '../../conversions/conversion.ts'
import { fieldRelocation } from '../../field-relocation.ts'
import { defineInPlace } from '../../in-place-operation.ts'
import { defineDocumentOperation } from '../../operation.ts'
import type { DocumentOperation, DocumentWayBack, PlanWarning, Step } from '../../operation.ts'
import type { Lens } from '../../pair-rules.ts'
import { defineRelocation } from '../../relocation-operation.ts'
import type { ShapeChange } from '../../shape-change.ts'
import { convertInPlace, isAmbiguous } from './convert-in-place.ts'
import { compileConversion, parseConvertField } from './convert-spec.ts'
import type { CompiledConversion, ConvertFieldOptions, ConvertFieldSpec } from './convert-spec.ts'
import { hintOf, whyOf } from './losses.ts'

/** Converts a field of every document of a pattern to another type or meaning, in place or beside. */
export function convertFieldStep<From extends FieldType, To extends FieldType>(
  pattern: string,
  path: string,
  options: ConvertFieldOptions<From, To>,
): Step<ConvertFieldSpec> {
  return Object.freeze({ kind: 'convertField', spec: Object.freeze({ pattern, path, options }) })
}

const shared = {
  kind: 'convertField',
  summary: 'Converts a field to another type or meaning, in place or beside',
  parse: parseConvertField,
  shape: shapeOf,
}

const inPlace = defineInPlace<ConvertFieldSpec>({
  ...shared,
  describe(spec, home) {
    const compiled = compileConversion(spec, home)
    const { from, to } = compiled.conversion
    return {
      inPlace: convertInPlace(compiled),
      summary: `convert ${spec.path} of ${spec.pattern} from ${from} to ${to} in place`,
      what: `convert ${spec.path} to ${to}`,
      undo: 'put back what was there before, convert back what others wrote since',
      check: spec.options.check ?? 'full',
      warnings: [...blindWarning(spec, compiled), ...oneWayWarning(spec)],
      hintOf,
      basis: basisOf(spec, compiled),
    }
  },
})

const beside = defineRelocation<ConvertFieldSpec>({
  ...shared,
  describe(spec, home) {
    const compiled = compileConversion(spec, home)
    const { pattern, field, as, conversion } = compiled
    return {
      relocation: fieldRelocation(pattern, field, as, lensOf(compiled)),
      summary: `convert ${spec.path} of ${spec.pattern} from ${conversion.from} to ${conversion.to} in ${as.text}`,
      ...(field.spread.length === 0 ? { field: field.path } : {}),
      removal: 'fields removed',
      check: spec.options.check ?? 'full',
      warnings: oneWayWarning(spec),
      hintOf,
      basis: basisOf(spec, compiled),
    }
  },
})

export const convertField = defineDocumentOperation<ConvertFieldSpec>({
  kind: shared.kind,
  meta: { summary: shared.summary, phases: ['backfill', 'cutover', 'contract'], destructive: true },
  parse: parseConvertField,
  shape: shapeOf,
  plan: (spec, look) => chosen(spec).plan(spec, look),
  remaining: (spec, phase, look, memo) => chosen(spec).remaining(spec, phase, look, memo),
  apply: (work, hands) => chosen(work.spec).apply(work, hands),
  verify: (spec, look, scope) => chosen(spec).verify(spec, look, scope),
  back: {
    reverting: (spec, look, memo) => backOf(spec).reverting(spec, look, memo),
    revert: (work, hands) => backOf(work.spec).revert(work, hands),
  },
})

function chosen({ options: { strategy } }: ConvertFieldSpec): DocumentOperation<ConvertFieldSpec> {
  return strategy === 'beside' ? beside : inPlace
}

function backOf(spec: ConvertFieldSpec): DocumentWayBack<ConvertFieldSpec> {
  const { back } = chosen(spec)
  if (back === undefined) throw new LockstepError('LS-9001', 'convertField has lost its way back')
  return back
}

/** What cannot be converted, in words of its kind of loss. */
function lensOf({ conversion, field, as }: CompiledConversion): Lens {
  return {
    up: (value) => withoutLoss(conversion.up(value)),
    down: (value) => withoutLoss(conversion.down(value)),
    nearest: (value) => conversion.down(value).value,
    why(value, way) {
      const { loss } = conversion[way](value)
      return loss === undefined ? undefined : whyOf((way === 'up' ? field : as).text, loss, way)
    },
  }
}

function withoutLoss({ loss, value }: ReturnType<CompiledConversion['conversion']['up']>) {
  return loss === undefined ? value : undefined
}

function blindWarning({ path }: ConvertFieldSpec, { conversion, marker }: CompiledConversion): readonly PlanWarning[] {
  if (marker !== undefined || !isAmbiguous(conversion)) return []
  return [
    {
      code: 'W112',
      message: `nothing in a document tells whether ${path} is converted: ${conversion.from} becomes ${conversion.to}`,
      hint: "what others write during the backfill is left as it is and stops the switch; add marker: { field, value }, or strategy: 'beside'",
    },
  ]
}

function oneWayWarning({ path, options: { up, down } }: ConvertFieldSpec): readonly PlanWarning[] {
  if (up === undefined || down !== undefined) return []
  return [
    {
      code: 'W113',
      message: `${path} has no way back but the pre-images: there is no function down`,
      hint: 'what clients of the new shape write stays in the new shape on the way back; add down',
    },
  ]
}

function basisOf(spec: ConvertFieldSpec, { builtIn, marker }: CompiledConversion): Json {
  const { options, pattern, path } = spec
  return {
    pattern,
    path,
    as: options.as ?? null,
    conversion: JSON.stringify(builtIn),
    custom: options.up !== undefined,
    marker: marker === undefined ? null : JSON.stringify([marker.field.text, marker.value]),
    accept: Object.entries(options.accept ?? {}).map(([loss, rule]) => `${loss}: ${ruleName(rule)}`),
  }
}

function ruleName(rule: unknown): string {
  return typeof rule === 'function' ? 'function' : String(rule)
}

function shapeOf(spec: ConvertFieldSpec): readonly ShapeChange[] {
  const { field, as, builtIn, acceptance, marker } = compileConversion(spec, { project: 'any', database: '(default)' })
  const { pattern, options } = spec
  const spread = field.spread.length > 0
  const accept = plainAcceptance(acceptance)
  return [
    {
      change: 'convert',
      pattern,
      ...(spread ? { path: [field.text], to: [as.text], spread } : { path: field.path, to: as.path }),
      conversion: builtIn,
      custom: options.up !== undefined,
      ...(accept === undefined ? {} : { accept }),
      ...(marker === undefined ? {} : { marker: { path: marker.field.path, value: marker.value } }),
      ...(options.queried === true ? { queried: true } : {}),
    },
  ]
}
