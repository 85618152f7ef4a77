import { LockstepError } from '../kernel/errors.ts'
import { withAcceptance } from '../operations/conversions/acceptance.ts'
import { builtInConversion } from '../operations/conversions/built-in-conversion.ts'
import type { Conversion } from '../operations/conversions/conversion.ts'
import { isConverted } from '../operations/conversions/conversion.ts'
import { customConversion } from '../operations/conversions/custom-conversion.ts'
import type { CustomConversion } from '../operations/conversions/custom-conversion.ts'
import type { FieldPath } from '../stores/documents.ts'
import { encodeValue } from '../stores/values.ts'
import { overlaps, sameData } from './data.ts'
import { sameInBoth } from './move.ts'
import { matchPattern } from './place-pattern.ts'
import type { Params } from './place-pattern.ts'
import type { Lens, MarkerRule, Rule } from './rule.ts'
import { convertSdkValue, fromRaw, toRaw } from './sdk-values.ts'
import type { Sdk } from './sdk.ts'
import type { Marker, Shape, ShapeFunctions, ShapeStep } from './shape.ts'

interface Building {
  readonly shape: Shape
  readonly sdk: Sdk
  readonly functions: ShapeFunctions
}

/** The steps of a shape with their functions. LS-2109 naming a function that was not given. */
export function rulesOfShape(building: Building): readonly Rule[] {
  return building.shape.steps.map((step, index) => {
    const later = building.shape.steps.slice(index + 1)
    const left = leftBy(step)
    const superseded = left !== undefined && later.some((other) => overlaps(left, takenBy(other) ?? ['']))
    return ruleOf(step, building, { migration: step.migration, superseded, later })
  })
}

/** The place that a step leaves. */
function leftBy(step: ShapeStep): FieldPath | undefined {
  if (step.change === 'remove') return step.path
  const moves = step.change === 'rename' || (step.change === 'convert' && !sameData(step.path, step.to))
  return moves ? step.path : undefined
}

/** The place that a step puts something in. */
function takenBy(step: ShapeStep): FieldPath | undefined {
  if (step.change === 'rename' || step.change === 'convert') return step.to
  return step.change === 'add' ? step.path : undefined
}

interface Base {
  readonly migration: string
  readonly superseded: boolean
  readonly later: readonly ShapeStep[]
}

function ruleOf(step: ShapeStep, building: Building, { later, ...base }: Base): Rule {
  const { sdk, functions } = building
  switch (step.change) {
    case 'add':
      return { ...base, kind: 'add', path: step.path, fallback: fallbackOf(step, building) }
    case 'remove':
      return { ...base, kind: 'remove', path: step.path }
    case 'rename':
      return { ...base, kind: 'pair', from: step.path, to: step.to, lens: sameInBoth }
    case 'convert': {
      const conversion = conversionOf(step, building)
      const lens = lensOf(conversion, sdk)
      if (!sameData(step.path, step.to)) return { ...base, kind: 'pair', from: step.path, to: step.to, lens }
      const isNew = (value: unknown): boolean | undefined => isConvertedHere(value, conversion)
      return { ...base, kind: 'in-place', path: step.path, lens, isNew, marker: markerOf(step.marker, later, sdk) }
    }
    case 'transform': {
      const { up, down, both, isNew } = wanted(functions.transforms, step.given, 'transforms')
      return {
        ...base,
        kind: 'transform',
        up: (data, name) => ({ ...up({ ...data }, paramsOf(building.shape, name)) }),
        down: (data) => ({ ...(down === undefined ? data : down({ ...data }, {})) }),
        both: (data) => ({ ...(both === undefined ? data : both({ ...data })) }),
        isNew: (data) => isNew?.({ ...data }) === true,
        marker: markerOf(step.marker, later, sdk),
      }
    }
  }
}

/** The placeholders' values, by the newest place or one before it; none where the name is not known. */
function paramsOf({ pattern, formerly = [] }: Shape, name: string | undefined): Params {
  const found = [pattern, ...formerly].map((each) => matchPattern(each, name ?? ''))
  return found.find((params) => params !== undefined) ?? {}
}

function fallbackOf(
  step: Extract<ShapeStep, { change: 'add' }>,
  { shape, sdk, functions }: Building,
): Extract<Rule, { kind: 'add' }>['fallback'] {
  const make = { sdk, originals: new Map<string, unknown>() }
  if ('default' in step) return () => fromRaw(step.default, make)
  const compute = wanted(functions.defaults, step.given, 'defaults')
  return (data, name) => {
    const value = compute(data, paramsOf(shape, name))
    return value === undefined ? undefined : fromRaw(encodeValue(value), make)
  }
}

function conversionOf(step: Extract<ShapeStep, { change: 'convert' }>, building: Building): Conversion {
  const conversion = wayOf(step, building)
  return step.accept === undefined ? conversion : withAcceptance(conversion, step.accept)
}

function wayOf(
  { conversion, given }: Extract<ShapeStep, { change: 'convert' }>,
  { sdk, functions }: Building,
): Conversion {
  if (given === undefined) return builtInConversion(conversion, sdk.database)
  const { from, to } = conversion
  return customConversion({ from, to, ...wanted(functions.conversions, given, 'conversions') } as CustomConversion)
}

function lensOf({ from, to, up, down }: Conversion, sdk: Sdk): Lens {
  return {
    up: (value) => convertSdkValue(value, from, { convert: up, sdk }),
    down: (value) => convertSdkValue(value, to, { convert: down, sdk }),
    identity: false,
  }
}

const numbers: readonly string[] = ['int', 'double', 'number']

/** In JavaScript 5 and 5.0 are one: a number without fraction tells nothing where both types are numbers. */
function isConvertedHere(value: unknown, conversion: Conversion): boolean | undefined {
  const { from, to } = conversion
  const unclear = typeof value === 'number' && numbers.includes(from) && numbers.includes(to)
  if (unclear) return from === 'int' && !Number.isInteger(value) ? true : undefined
  return isConverted(toRaw(value, from), conversion)
}

function markerOf(marker: Marker | undefined, later: readonly ShapeStep[], sdk: Sdk): MarkerRule | undefined {
  if (marker === undefined) return undefined
  const make = { sdk, originals: new Map<string, unknown>() }
  const others = later.flatMap((step) =>
    'marker' in step && step.marker !== undefined && sameData(step.marker.path, marker.path) ? [step.marker] : [],
  )
  return {
    path: marker.path,
    values: [fromRaw(marker.value, make), ...others.map(({ value }) => fromRaw(value, make))],
  }
}

function wanted<T>(functions: Readonly<Record<string, T>> | undefined, name: string, group: string): T {
  const found = functions !== undefined && Object.hasOwn(functions, name) ? functions[name] : undefined
  if (found !== undefined) return found
  throw new LockstepError('LS-2109', `a migration's function is missing: ${group} has no "${name}"`, {
    where: { name: `functions.${group}` },
    hint: 'export it from a file that both the migration and the app import, and give it to the converter',
  })
}
