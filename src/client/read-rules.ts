import type { Loss } from '../operations/conversions/conversion.ts'
import type { FieldPath } from '../stores/documents.ts'
import { isBlocked, memberAt, sameData, withMember } from './data.ts'
import type { Data } from './data.ts'
import { modeOf } from './phases.ts'
import type { ClientPhase } from './phases.ts'
import { isClosed } from './rule.ts'
import type { Lens, MarkerRule, PhaseOf, Rule } from './rule.ts'

/** What is known of the document that is read, and who is told of values that the new shape cannot hold exactly. */
export interface Reading {
  readonly name?: string | undefined
  readonly onLoss?: ((path: FieldPath, loss: Loss) => void) | undefined
}

/**
 * A document of any shape as the newest one has it. Steps apply in their order, each in the phase of its migration.
 * Fields that no step names go through as they are.
 */
export function readDocument(rules: readonly Rule[], phaseOf: PhaseOf, data: Data, reading: Reading = {}): Data {
  return rules.reduce((read, rule) => {
    const phase = phaseOf(rule.migration)
    return isClosed(rule, phase) ? read : readStep(rule, phase, read, reading)
  }, data)
}

function readStep(rule: Rule, phase: ClientPhase, data: Data, reading: Reading): Data {
  switch (rule.kind) {
    case 'add':
      return memberAt(data, rule.path) === undefined
        ? withMember(data, rule.path, rule.fallback(data, reading.name))
        : data
    case 'remove':
      return modeOf(phase) === 'new' ? withMember(data, rule.path, undefined) : data
    case 'pair':
      return readPair(rule, phase, data, reading)
    case 'in-place':
      return readInPlace(rule, phase, data, reading)
    case 'transform':
      return isTransformed(rule, phase, data) ? data : rule.up(data, reading.name)
  }
}

type PairRule = Extract<Rule, { kind: 'pair' }>

function readPair({ from, to, lens }: PairRule, phase: ClientPhase, data: Data, reading: Reading): Data {
  if (isBlocked(data, to)) return data
  const old = memberAt(data, from)
  const neu = memberAt(data, to)
  const side = sideOf({ old, neu, lens }, phase)
  const value = side === 'neu' ? neu : shown(old, lens, (loss) => reading.onLoss?.(to, loss))
  return withMember(withMember(data, from, undefined), to, value)
}

export interface BothPlaces {
  readonly old: unknown
  readonly neu: unknown
  readonly lens: Lens
}

/**
 * Which of the two places says what was written last. Up to the cutover clients of the new shape write both: where the
 * two disagree, a client of the old shape was there after them. From the contract phase on the new place is trusted.
 */
export function sideOf({ old, neu, lens }: BothPlaces, phase: ClientPhase): 'old' | 'neu' {
  if (old === undefined) return 'neu'
  if (neu === undefined) return 'old'
  const mode = modeOf(phase)
  if (mode === 'new') return 'neu'
  const up = lens.up(old).value
  if (up === undefined) return mode === 'old' ? 'old' : 'neu'
  if (mode === 'old') return 'old'
  return sameData(up, neu) || sameData(old, lens.down(neu).value) ? 'neu' : 'old'
}

/** The old value in the new shape; where there is no way, as it is. */
function shown(old: unknown, lens: Lens, tell: (loss: Loss) => void): unknown {
  if (old === undefined) return undefined
  const { value, loss } = lens.up(old)
  if (loss !== undefined) tell(loss)
  return value ?? old
}

type InPlaceRule = Extract<Rule, { kind: 'in-place' }>

function readInPlace(rule: InPlaceRule, phase: ClientPhase, data: Data, reading: Reading): Data {
  const { path, lens, isNew, marker } = rule
  const value = memberAt(data, path)
  if (value === undefined || (isNew(value) ?? isMarked(marker, phase, data))) return data
  return withMember(
    data,
    path,
    shown(value, lens, (loss) => reading.onLoss?.(path, loss)),
  )
}

/** Where neither type nor marker tells, the phase does. */
function isMarked(marker: MarkerRule | undefined, phase: ClientPhase, data: Data): boolean {
  if (phase === 'completed') return true
  return marker === undefined ? modeOf(phase) !== 'old' : hasMarker(marker, data)
}

function isTransformed(
  { marker, isNew }: Extract<Rule, { kind: 'transform' }>,
  phase: ClientPhase,
  data: Data,
): boolean {
  return marker === undefined ? isNew(data) : phase === 'completed' || hasMarker(marker, data)
}

function hasMarker({ path, values }: MarkerRule, data: Data): boolean {
  const found = memberAt(data, path)
  return values.some((value) => sameData(value, found))
}
