import type { Plan } from '../plan/plan.ts'
import { printBytes, printCounted, printDollars, printRange } from './figures.ts'
import { effectsByPhase, sourceLetter, totalsOf, warningsOf } from './plan.ts'
import { targetWord } from './target.ts'
import { markdownCell } from './text-layout.ts'

/** The plan as a comment on a pull request: the verdict first, one row an effect, statements folded away. */
export function renderPlanMarkdown(plan: Plan): string {
  const { id, summary } = plan.migration
  const warnings = warningsOf(plan)
  return [
    `### Lockstep plan \`${plan.id}\` for ${targetWord(plan.target)}: ${totalsOf(plan).join(' · ')}`,
    '',
    `**${id}**: ${summary}`,
    '',
    ...(plan.drift.length === 0 ? ['Drift: none.'] : ['**Drift**', '', ...plan.drift.map((line) => `- ${line}`)]),
    '',
    '| phase | step | what | size | time | cost | disk | lock | undo |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...effectsByPhase(plan).flatMap(([phase, effects]) =>
      effects.map(({ step, kind, effect }) => {
        const size = `${printCounted(effect.count.value, effect.unit)} ${sourceLetter(effect.count.source)}`
        const time = `${printRange([effect.seconds[0], effect.seconds[1]])} ${sourceLetter(effect.secondsSource)}`
        const cells = [
          phase,
          `${step} ${kind}`,
          effect.what,
          size,
          time,
          printDollars(effect.cost),
          printBytes(effect.disk),
          effect.lock,
          effect.undo,
        ]
        return `| ${cells.map(markdownCell).join(' | ')} |`
      }),
    ),
    '',
    'Numbers: c counted, s sampled, t statistics, g guess, r rehearsed.',
    '',
    ...warnings.flatMap(({ code, message, hint }) => [`- **${code}** ${message}  `, `  fix: ${hint}`]),
    ...(warnings.length === 0 ? [] : ['']),
    ...renderStatements(plan),
    `Point of no return: ${plan.pointOfNoReturn}`,
  ].join('\n')
}

function renderStatements(plan: Plan): readonly string[] {
  const statements = plan.steps.flatMap(({ effects }) => effects.flatMap((effect) => effect.statements))
  if (statements.length === 0) return []
  return [
    '<details><summary>Statements</summary>',
    '',
    '```sql',
    ...statements.map((sql) => `${sql.replace(/;\s*$/, '')};`),
    '```',
    '',
    '</details>',
    '',
  ]
}
