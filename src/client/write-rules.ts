import { LockstepError } from '../kernel/errors.ts'
import type { FieldPath } from '../stores/documents.ts'
import { changeAround, gone, leave, put, touchOf } from './changes.ts'
import type { Change } from './changes.ts'
import { isMap, sameData } from './data.ts'
import { modeOf } from './phases.ts'
import type { ClientPhase, WriteMode } from './phases.ts'
import { isClosed } from './rule.ts'
import type { MarkerRule, PhaseOf, Rule } from './rule.ts'
import { sentinelOf } from './sentinels.ts'

/**
 * What has to be written so that changes made in the newest shape reach the clients of every phase's shapes. Steps
 * apply in reverse, since each takes the document one shape back. LS-2103 for a change that only the whole document
 * can tell how to write.
 */
export function writeChanges(rules: readonly Rule[], phaseOf: PhaseOf, changes: readonly Change[]): readonly Change[] {
  return rules.reduceRight((made, rule) => {
    const phase = phaseOf(rule.migration)
    return isClosed(rule, phase) ? made : writeStep(rule, phase, made)
  }, changes)
}

function writeStep(rule: Rule, phase: ClientPhase, changes: readonly Change[]): readonly Change[] {
  const mode = modeOf(phase)
  switch (rule.kind) {
    // A field more harms nobody, and leaving it out would lose it.
    case 'add':
      return changes
    case 'remove':
      return mode === 'new' && touchOf(changes, rule.path).kind !== 'none' ? leave(changes, rule.path) : changes
    case 'pair':
      return mode === 'new' ? writeNew(rule, phase, changes) : writePair(rule, mode, changes)
    case 'in-place':
      return writeInPlace(rule, phase, changes)
    case 'transform':
      return writeTransformed(rule, phase, changes)
  }
}

type PairRule = Extract<Rule, { kind: 'pair' }>

/**
 * While old places are being emptied, a write empties its own: clients that have not heard of the phase yet would take
 * what is left there for the later word.
 */
function writeNew({ from, to }: PairRule, phase: ClientPhase, changes: readonly Change[]): readonly Change[] {
  return phase === 'contract' && touchOf(changes, to).kind !== 'none' ? put(changes, from, gone) : changes
}

function writePair(rule: PairRule, mode: 'old' | 'both', changes: readonly Change[]): readonly Change[] {
  const { from, to, lens } = rule
  const touch = touchOf(changes, to)
  switch (touch.kind) {
    case 'none':
      // A map is replaced in which the old place lies, and nobody said what is to be there.
      if (changeAround(changes, from) !== undefined)
        throw refuse(rule, from, 'it would be taken away with the map around it')
      return changes
    case 'parts': {
      if (!lens.identity) throw refuse(rule, to, 'it is converted as a whole')
      const rest = mode === 'old' ? leave(changes, to) : changes
      return touch.parts.reduce((made, part) => put(made, [...from, ...part.path], part.value), rest)
    }
    case 'whole': {
      const old = oldValue(rule, touch.value)
      const kept = mode === 'old' && old !== gone ? leave(changes, to) : changes
      return put(kept, from, old)
    }
  }
}

/**
 * What the old place gets. Where the old shape has no word for the value, that is nothing: what is in the new place
 * alone is read by all who know both.
 */
function oldValue(rule: PairRule, value: unknown): unknown {
  if (value === undefined) return gone
  const sentinel = sentinelOf(value)
  if (rule.lens.identity) return value
  if (sentinel === 'relative') throw refuse(rule, rule.to, 'what it is to become depends on what is there')
  return sentinel === undefined ? (rule.lens.down(value).value ?? gone) : gone
}

type InPlaceRule = Extract<Rule, { kind: 'in-place' }>

function writeInPlace(rule: InPlaceRule, phase: ClientPhase, changes: readonly Change[]): readonly Change[] {
  const { path, lens, marker } = rule
  const touch = touchOf(changes, path)
  if (touch.kind === 'none' || (touch.kind === 'whole' && touch.value === undefined)) return changes
  const relative = touch.kind === 'parts' || sentinelOf(touch.value) === 'relative'
  if (relative && phase !== 'completed') throw refuse(rule, path, 'what it is to become depends on what is there')
  const mode = modeOf(phase)
  if (mode !== 'old' || touch.kind === 'parts') return mark(rule, marker, phase, changes)
  const old = sentinelOf(touch.value) === undefined ? lens.down(touch.value).value : undefined
  return unmark(marker, old === undefined ? changes : put(changes, path, old))
}

type TransformRule = Extract<Rule, { kind: 'transform' }>

function writeTransformed(rule: TransformRule, phase: ClientPhase, changes: readonly Change[]): readonly Change[] {
  const [whole] = changes
  if (whole === undefined || whole.path.length > 0 || !isMap(whole.value)) {
    if (phase === 'completed') return changes
    throw refuse(rule, [], 'free code changes whole documents')
  }
  const mode: WriteMode = modeOf(phase)
  if (mode === 'old') return unmark(rule.marker, [{ path: [], value: rule.down(whole.value) }])
  const value = mode === 'both' ? rule.both(whole.value) : whole.value
  return mark(rule, rule.marker, phase, [{ path: [], value }])
}

/** The marker of the newest step that the document has passed stays. */
function mark(
  rule: Rule,
  marker: MarkerRule | undefined,
  phase: ClientPhase,
  changes: readonly Change[],
): readonly Change[] {
  if (marker === undefined) return changes
  const touch = touchOf(changes, marker.path)
  if (touch.kind === 'whole' && marker.values.some((value) => sameData(value, touch.value))) return changes
  const isWhole = changes.some(({ path }) => path.length === 0)
  if (!isWhole && phase === 'completed') return changes
  if (!isWhole && marker.values.length > 1) {
    throw refuse(rule, marker.path, 'it may already say that a later migration has passed')
  }
  return put(changes, marker.path, marker.values[0])
}

function unmark(marker: MarkerRule | undefined, changes: readonly Change[]): readonly Change[] {
  if (marker === undefined) return changes
  const touch = touchOf(changes, marker.path)
  if (touch.kind === 'none') return put(changes, marker.path, gone)
  const ours = touch.kind === 'whole' && marker.values.some((value) => sameData(value, touch.value))
  return ours ? put(changes, marker.path, gone) : changes
}

function refuse({ migration }: Rule, path: FieldPath, why: string): LockstepError {
  const name = path.length === 0 ? 'a part of the document' : path.join('.')
  return new LockstepError('LS-2103', `${name} cannot be changed alone before ${migration} is completed: ${why}`, {
    where: { name },
    hint: 'read the document in a transaction, and set it as a whole',
  })
}
