import { printCount, printCounted, printMeasured } from './figures.ts'
import type { JournalReport } from './journal.ts'
import type { Screen } from './paint.ts'
import { targetWord } from './target.ts'
import { hang } from './text-layout.ts'

interface Section {
  readonly title: string
  readonly lines: readonly string[]
}

/** Lines of one kind that are shown; what is more is counted. */
const shown = 20

/** Documents that an event names in its text. */
const namedAtOnce = 3

/** The run told to people, section by section; sections without anything to say are left out. */
export function renderJournal(journal: JournalReport, { width, paint }: Screen): string {
  const { run, plan } = journal
  return [
    `${paint.bold(run.migration)}  run ${run.id}  ${run.state}`,
    ...hang('  ', plan.migration.summary, width),
    ...sectionsOf(journal).flatMap(({ title, lines }) => [
      '',
      paint.bold(title),
      ...lines.flatMap((line) => hang('  - ', line, width)),
    ]),
  ].join('\n')
}

/** The same for a page or a ticket. */
export function renderJournalMarkdown(journal: JournalReport): string {
  const { run, plan } = journal
  const sections = sectionsOf(journal).flatMap(({ title, lines }) => [
    `## ${title}`,
    '',
    ...lines.map((line) => `- ${line}`),
    '',
  ])
  return [
    `# ${run.migration}: ${run.state}`,
    '',
    `${plan.migration.summary} (run \`${run.id}\`, ${targetWord(plan.target)})`,
    '',
    ...sections,
  ]
    .join('\n')
    .trimEnd()
}

function sectionsOf({ run, digest, plan }: JournalReport): readonly Section[] {
  const ended = run.endedAt === null ? [] : [`${printTime(run.endedAt)} ended: ${run.state}`]
  const reason = run.reason === null ? [] : [`now: ${run.state} in ${run.phase}, ${run.reason}`]
  const sections: readonly Section[] = [
    {
      title: 'Who and when',
      lines: [
        ...digest.sessions.map(({ at, actor, what }) => `${printTime(at)} ${actor} ${what}`),
        ...ended,
        ...reason,
      ],
    },
    { title: 'What changed', lines: digest.steps.map(stepLine) },
    {
      title: 'How it was verified',
      lines: [
        ...verifiedLines(digest),
        ...cut(digest.findings.map(({ step, where, problem }) => `step ${step + 1}: ${where}: ${problem}`)),
      ],
    },
    {
      title: 'How long it took',
      lines: digest.phases.map(({ phase, seconds }) => `${phase}: ${printMeasured(seconds)}`),
    },
    { title: 'Locks', lines: digest.locks.map(lockLine) },
    {
      title: 'What was kept',
      lines: [
        ...cut(
          digest.kept.map(
            ({ step, where, count, unit, why }) => `step ${step + 1}: ${printCounted(count, unit)} (${where}): ${why}`,
          ),
        ),
        ...(digest.kept.some(({ count, names }) => names !== undefined && count > namedAtOnce)
          ? ['every name: lockstep journal --json, at digest.kept']
          : []),
      ],
    },
    { title: 'What went wrong', lines: cut(digest.failures.map(({ at, text }) => `${printTime(at)} ${text}`)) },
    {
      title: 'Warnings',
      lines: [
        ...plan.steps.flatMap(({ warnings }) => warnings.map(({ code, message }) => `${code} ${message}`)),
        ...cut(digest.warnings.map(({ at, text }) => `${printTime(at)} ${text}`)),
      ],
    },
  ]
  return sections.filter(({ lines }) => lines.length > 0)
}

function stepLine({
  step,
  kind,
  summary,
  changed,
  skipped,
  conflicts,
  reverted,
}: JournalReport['digest']['steps'][number]): string {
  const back = reverted === 0 ? [] : [`${printCount(reverted)} taken back`]
  const met =
    conflicts === 0 ? 'no conflicts' : `${printCounted(conflicts, 'conflicts')} met, read again and recomputed`
  return `step ${step + 1} ${kind}: ${summary}: ${[`${printCount(changed)} changed`, `${printCount(skipped)} needed nothing`, met, ...back].join(', ')}`
}

function verifiedLines({ verified, measured }: JournalReport['digest']): readonly string[] {
  return [
    ...verified.map(
      ({ step, at, level, checked, what, findings }) =>
        `${printTime(at)} step ${step + 1} (${level}): ${printCount(checked)} ${what}, ${printCounted(findings, 'findings')}`,
    ),
    ...cut(measured.map(({ step, at, where, text }) => `${printTime(at)} step ${step + 1}: ${where}: ${text}`)),
  ]
}

function lockLine({
  phase,
  transactions,
  tables,
  longest,
  first,
  repeats,
}: JournalReport['digest']['locks'][number]): string {
  const waited = repeats === 0 ? 'none had to be waited for' : `${printCount(repeats)} waited for and taken again`
  return `${phase}: ${printCounted(transactions, 'transactions')} over ${printCounted(tables, 'tables')}, the longest ${printMeasured(longest)} (beginning with ${first}), ${waited}`
}

function cut(lines: readonly string[]): readonly string[] {
  return lines.length <= shown
    ? lines
    : [...lines.slice(0, shown), `and ${printCount(lines.length - shown)} more, all of them in lockstep journal --json`]
}

/** `2026-11-22 14:21:07 UTC` */
function printTime(at: string): string {
  return `${at.slice(0, 19).replace('T', ' ')} UTC:`
}
