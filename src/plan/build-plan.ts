import { canonicalJson } from '../kernel/canonical-json.ts'
import { sha256 } from '../kernel/checksum.ts'
import { isLockstepError, LockstepError, throwAll } from '../kernel/errors.ts'
import type { LoadedMigration } from '../migrations/load-migrations.ts'
import { settingsOf } from '../operations/index-settings.ts'
import type { FullLook } from '../operations/index-operation.ts'
import type { PlanWarning, StepPlan } from '../operations/operation.ts'
import { hotIndexWarnings } from './hot-index.ts'
import type { LintFinding } from './lint-finding.ts'
import { planForm } from './plan.ts'
import type { Plan, PlannedStep, Target } from './plan.ts'

export interface PlanningOptions {
  readonly migration: LoadedMigration
  readonly target: Target
  readonly look: FullLook
  readonly drift: readonly string[]
  /** What lint found, as warnings of the steps. */
  readonly findings: readonly LintFinding[]
  /** Writes a second at most, where the environment limits them. */
  readonly mostWrites?: number | undefined
  readonly now: number
}

/** Asks every step for its plan. Reads only. Throws what stands in the way of any step, as one error. */
export async function buildPlan(options: PlanningOptions): Promise<Plan> {
  const { migration, target, drift, now } = options
  const steps = await planSteps(options)
  const { id, summary, checksum } = migration
  return planForm.parse({
    formatVersion: 1,
    id: planId({ id, meaning: checksum.meaning }, target, steps),
    migration: { id, summary, checksum },
    target,
    createdAt: new Date(now).toISOString(),
    drift,
    steps,
    totals: totalsOf(steps),
    pointOfNoReturn: `lockstep complete ${id}: until then lockstep down is exact`,
  })
}

async function planSteps(options: PlanningOptions): Promise<readonly PlannedStep[]> {
  const { migration, look, findings } = options
  const steps: PlannedStep[] = []
  const problems: LockstepError[] = []
  for (const [index, { kind, operation, spec }] of migration.steps.entries()) {
    try {
      const { hot = [], ...planned } = await operation.plan(spec, look)
      const found = findings.filter(({ step }) => step === index).map(warningOf)
      const warnings = [...planned.warnings, ...(await heatOf(index, { ...planned, hot }, options)), ...found]
      steps.push(structuredClone({ kind, ...planned, warnings }) as PlannedStep)
    } catch (error) {
      if (!isOfStep(error)) throw error
      problems.push(error)
    }
  }
  throwAll(distinct(problems))
  return steps
}

async function heatOf(
  index: number,
  { effects, hot = [] }: StepPlan,
  { migration, look, mostWrites }: PlanningOptions,
): Promise<readonly PlanWarning[]> {
  const shapes = migration.steps.map(({ operation, spec }) => operation.shape?.(spec) ?? [])
  const backfills = effects.filter(({ phase, unit }) => phase === 'backfill' && unit === 'documents')
  const writes = backfills.reduce((sum, { count }) => sum + count.value, 0)
  const settings = await settingsOf(look)
  return hotIndexWarnings({ changes: shapes[index] ?? [], hot, writes, mostWrites, settings, migration: shapes.flat() })
}

/** A store that does not answer is no problem of the step, and would not answer the next one either. */
function isOfStep(error: unknown): error is LockstepError {
  return isLockstepError(error) && error.code.startsWith('LS-2')
}

/** What several steps stumble over, such as a tenant without its table, is said once. */
function distinct(problems: readonly LockstepError[]): readonly LockstepError[] {
  const keyOf = ({ code, message, where }: LockstepError): string => canonicalJson([code, message, where ?? null])
  return [...new Map(problems.map((problem) => [keyOf(problem), problem])).values()]
}

function warningOf({ rule, severity, message, fix }: LintFinding): PlannedStep['warnings'][number] {
  const refused = severity === 'error' ? '; up refuses this unless it is accepted' : ''
  return { code: rule, message: `${message}${refused}`, hint: fix }
}

function planId(
  migration: { readonly id: string; readonly meaning: string },
  target: Target,
  steps: readonly PlannedStep[],
): string {
  const basis = steps.map((step) => ({ kind: step.kind, basis: step.basis }))
  return sha256(
    canonicalJson({ migration, store: target.postgres.fingerprint, firestore: target.firestore, basis }),
  ).slice(0, 12)
}

function totalsOf(steps: readonly PlannedStep[]): Plan['totals'] {
  const effects = steps.flatMap((step) => step.effects)
  const sum = (of: (effect: PlannedStep['effects'][number]) => number): number =>
    effects.reduce((total, effect) => total + of(effect), 0)
  return {
    seconds: [sum((effect) => effect.seconds[0]), sum((effect) => effect.seconds[1])],
    cost: sum((effect) => effect.cost),
    disk: sum((effect) => effect.disk),
  }
}

/** A saved plan. Throws LS-2302 when the text is none. */
export function parsePlan(text: string, file: string): Plan {
  try {
    return planForm.parse(JSON.parse(text))
  } catch (cause) {
    throw new LockstepError('LS-2302', `${file} is not a plan of this version`, {
      where: { file },
      hint: 'save one with lockstep plan --out FILE',
      cause,
    })
  }
}

/** Throws LS-2301 when what a saved plan stands on is not so any more. `now` is the same migration planned afresh. */
export function requireFresh(saved: Plan, now: Plan): void {
  if (saved.id === now.id) return
  const reasons = [
    saved.migration.id === now.migration.id && saved.migration.checksum.meaning !== now.migration.checksum.meaning
      ? 'the migration file changed'
      : '',
    saved.target.postgres.fingerprint === now.target.postgres.fingerprint
      ? ''
      : 'it was made for another Postgres database',
    canonicalJson(saved.target.firestore) === canonicalJson(now.target.firestore)
      ? ''
      : 'it was made for another Firestore database',
    canonicalJson(saved.steps.map((step) => step.basis)) === canonicalJson(now.steps.map((step) => step.basis))
      ? ''
      : 'the schema moved since',
  ].filter((reason) => reason !== '')
  throw new LockstepError('LS-2301', `plan ${saved.id} is stale: ${reasons.join('; ')}`, {
    where: { name: saved.migration.id },
    why: 'a saved plan is applied exactly as it is or not at all',
    hint: `lockstep plan ${saved.migration.id} --out FILE`,
  })
}
