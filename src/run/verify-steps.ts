import { preImagesOf } from '../archive/pre-image-store.ts'
import { LockstepError } from '../kernel/errors.ts'
import type { RunEvent } from '../ledger/events.ts'
import { tablesLeftOut } from '../ledger/tables.ts'
import type { FullLook } from '../operations/index-operation.ts'
import type { Finding, Phase, VerifyScope } from '../operations/operation.ts'
import type { Told } from '../operations/told.ts'
import type { TableReader } from '../stores/tables.ts'
import type { RunStep } from './run-context.ts'
import { readUnitImages } from './unit-images.ts'

export interface VerifyOptions {
  readonly run: string
  readonly tables: TableReader
  readonly steps: readonly RunStep[]
  readonly look: FullLook
  readonly since: string | undefined
  readonly told: Told
  readonly phase: Phase
  readonly level: 'counts' | 'full'
  readonly signal: AbortSignal
  readonly emit: (event: RunEvent) => void
}

/** Findings that are named; more are only counted. */
const named = 50

export interface Verified {
  readonly problems: number
  /** Those of tables, each by its step, place and words. */
  readonly ofTables: ReadonlySet<string>
}

/** Runs every step's own verification. Writes nothing. */
export async function verifySteps(options: VerifyOptions): Promise<Verified> {
  let problems = 0
  const ofTables = new Set<string>()
  for (const [step, { operation, spec, memo }] of options.steps.entries()) {
    const started = performance.now()
    const { since, told, phase, level, signal, emit, tables, run } = options
    const images: VerifyScope['images'] = (units) => readUnitImages(tables, { run, step }, units)
    const preImages: VerifyScope['preImages'] = () => preImagesOf(tables, { run, step })
    const measured: VerifyScope['measured'] = (found) => emit({ type: 'measured', step, ...found })
    const scope = { since, told, phase, level, memo, signal, images, preImages, measured }
    const look = { ...options.look, leftOut: () => tablesLeftOut(tables, { run, step }) }
    const found = operation.verify(spec, look, scope)
    let findings = 0
    let next = await found.next()
    for (; next.done !== true; next = await found.next()) {
      if (findings++ < named) emit(findingEvent(step, next.value))
      if (operation.store === 'tables') ofTables.add(`${step} ${next.value.where} ${next.value.problem}`)
    }
    problems += findings
    emit({ type: 'verified', step, level, ...next.value, findings, seconds: (performance.now() - started) / 1000 })
  }
  return { problems, ofTables }
}

function findingEvent(step: number, { where, problem }: Finding): RunEvent {
  return { type: 'finding', step, where, problem }
}

export function notVerified(problems: number, migration: string): LockstepError {
  return new LockstepError('LS-5001', `${problems} things are not as ${migration} promises`, {
    where: { name: migration },
    hint: 'nothing was switched; lockstep journal names them, lockstep down goes back',
  })
}
