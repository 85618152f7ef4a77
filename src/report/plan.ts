import type { Plan, PlannedStep } from '../plan/plan.ts'
import { printBytes, printCount, printCounted, printDollars, printRange } from './figures.ts'
import type { Screen } from './paint.ts'
import { hang, hangParts } from './text-layout.ts'

export type PlannedEffect = PlannedStep['effects'][number]

export interface PlacedEffect {
  /** 1-based, as in the migration file. */
  readonly step: number
  readonly kind: string
  readonly effect: PlannedEffect
}

const inOrder = ['expand', 'backfill', 'verify', 'cutover', 'contract'] as const

const about = {
  expand: 'old and new clients both work; nothing is taken away',
  backfill: 'resumable, can be paused at any moment; old and new clients both work',
  verify: 'reads only; nothing is switched before it passes',
  cutover: 'the switch; lockstep down stays exact',
  contract: 'only with lockstep complete',
} as const satisfies Record<PlannedEffect['phase'], string>

const sources = { counted: 'c', sampled: 's', statistics: 't', guess: 'g', rehearsed: 'r' } as const

/** The letter that says where a number comes from. */
export function sourceLetter(source: PlannedEffect['secondsSource']): string {
  return sources[source]
}

/** The effects of a plan by phase, phases without any left out. */
export function effectsByPhase(plan: Plan): readonly (readonly [PlannedEffect['phase'], readonly PlacedEffect[]])[] {
  const placed = plan.steps.flatMap(({ kind, effects }, at) =>
    effects.map((effect): PlacedEffect => ({ step: at + 1, kind, effect })),
  )
  return inOrder
    .map((phase) => [phase, placed.filter(({ effect }) => effect.phase === phase)] as const)
    .filter(([, of]) => of.length > 0)
}

/** Every warning of the plan, each once. */
export function warningsOf(plan: Plan): PlannedStep['warnings'] {
  const all = plan.steps.flatMap(({ warnings }) => warnings)
  return all.filter(
    (warning, at) => all.findIndex(({ code, message }) => code === warning.code && message === warning.message) === at,
  )
}

/** Totals in words: duration, cost, disk. */
export function totalsOf({ steps, totals }: Plan): readonly string[] {
  const size = totals.disk === 0 ? 'no more disk' : `${printBytes(totals.disk)} more disk until it is completed`
  return [
    printCounted(steps.length, 'steps'),
    printRange([totals.seconds[0], totals.seconds[1]]),
    printDollars(totals.cost),
    size,
  ]
}

/** The plan for people: drift first, then what happens in each phase, warnings, totals, and the next command. */
export function renderPlan(plan: Plan, next: string | undefined, screen: Screen): string {
  const { width, paint } = screen
  const { id, summary } = plan.migration
  return [
    `${paint.bold(`Plan ${plan.id}`)}  ${id}`,
    ...hang('  ', summary, width),
    ...renderDrift(plan, screen),
    ...renderLegend(plan).map(paint.dim),
    ...effectsByPhase(plan).flatMap(([phase, effects]) => renderPhase(phase, effects, screen)),
    ...renderQuiet(plan),
    '',
    ...renderWarnings(plan, screen),
    ...hangParts('Total   ', totalsOf(plan), width),
    ...hang('Point of no return  ', plan.pointOfNoReturn, width),
    ...(next === undefined ? [] : [`Next    ${paint.bold(next)}`]),
  ].join('\n')
}

function renderDrift({ drift }: Plan, { width, paint }: Screen): readonly string[] {
  if (drift.length === 0) return ['  drift: none']
  return [paint.yellow('DRIFT'), ...drift.flatMap((line) => hang('  ! ', line, width))]
}

function renderLegend(plan: Plan): readonly string[] {
  const used = new Set(
    plan.steps.flatMap(({ effects }) => effects.flatMap(({ count, secondsSource }) => [count.source, secondsSource])),
  )
  const letters = Object.entries(sources).flatMap(([source, letter]) =>
    [...used].some((each) => each === source) ? [`${letter} ${source}`] : [],
  )
  return letters.length === 0 ? [] : [`  where a number comes from: ${letters.join('  ')}`]
}

function renderPhase(
  phase: PlannedEffect['phase'],
  effects: readonly PlacedEffect[],
  screen: Screen,
): readonly string[] {
  const { width, paint } = screen
  const [first = '', ...rest] = hang(`${phase.toUpperCase().padEnd(8)}  `, about[phase], width)
  const head = paint.bold(first.slice(0, 8)) + paint.dim(first.slice(8))
  return ['', head, ...rest.map(paint.dim), ...effects.flatMap((effect) => renderEffect(effect, screen))]
}

function renderEffect({ step, kind, effect }: PlacedEffect, { width, paint }: Screen): readonly string[] {
  const lead = `${String(step).padStart(2)}  `
  const [first = '', ...rest] = hang(lead, `${kind}: ${effect.what}`, width)
  const facts = [
    `${printCounted(effect.count.value, effect.unit)} ${sourceLetter(effect.count.source)}`,
    `${printRange([effect.seconds[0], effect.seconds[1]])} ${sourceLetter(effect.secondsSource)}`,
    ...(effect.cost > 0 ? [printDollars(effect.cost)] : []),
    ...(effect.disk > 0 ? [`${printBytes(effect.disk)} disk`] : []),
  ]
  return [
    lead + paint.bold(first.slice(lead.length)),
    ...rest.map(paint.bold),
    ...hangParts('    size  ', facts, width),
    ...hang('    lock  ', effect.lock, width),
    ...hang('    undo  ', effect.undo, width),
    ...effect.statements.flatMap((sql) => hang('    sql   ', sql, width).map(paint.dim)),
  ]
}

/** Phases in which no step changes anything are told in one line, so that nobody wonders where they are. */
function renderQuiet(plan: Plan): readonly string[] {
  const busy = new Set(effectsByPhase(plan).map(([phase]) => phase))
  const quiet = (['verify', 'cutover', 'contract'] as const).filter((phase) => !busy.has(phase))
  const lines = quiet.map((phase) => `${phase.toUpperCase().padEnd(8)}  ${quietly[phase]}`)
  return lines.length === 0 ? [] : ['', ...lines]
}

const quietly = {
  verify: 'reads everything back; nothing is switched before it passes',
  cutover: 'the phase document tells apps; no statement of its own',
  contract: 'last sweep and verification, with lockstep complete',
} as const

function renderWarnings(plan: Plan, { width, paint }: Screen): readonly string[] {
  const warnings = warningsOf(plan)
  const lines = warnings.flatMap(({ code, message, hint }) => {
    const [first = '', ...rest] = hang(`! ${code}  `, message, width)
    const lead = `! ${code}`
    return [
      paint.yellow(lead) + first.slice(lead.length),
      ...rest.map((line) => line.replace(/^ +/, '    ')),
      ...hang('    fix  ', hint, width),
    ]
  })
  return lines.length === 0 ? [] : [...lines, '']
}

/** What came of looking for the next migration to plan: how many more are waiting behind it. */
export function renderMore(more: number): string | undefined {
  return more === 0 ? undefined : `${printCount(more)} more pending after this one: each is planned when its turn comes`
}
