import { LockstepError } from '../kernel/errors.ts'
import type { Target } from '../plan/plan.ts'
import type { Cli } from './cli.ts'
import { ask, canAsk } from './prompt.ts'

export interface Given {
  readonly yes: boolean
  readonly confirm: string | undefined
}

export interface Demand {
  readonly target: Target
  /** What will be done, as a sentence without its full stop. */
  readonly action: string
  /** The plan's or the run's id: with the environment's name, the words that confirm. */
  readonly id: string
  /** True where even a local target asks. */
  readonly always: boolean
  /** Aborted when there is no point in waiting for an answer. */
  readonly signal: AbortSignal
}

/**
 * Lets the work go on or throws: LS-6001 where nobody confirmed (with the flag that would), LS-6002 where the words do
 * not match. Production asks for the words `ENVIRONMENT:ID`, everything else for a yes; a local `up` for nothing.
 */
export async function confirm(cli: Cli, demand: Demand, given: Given): Promise<void> {
  const words = `${demand.target.environment}:${demand.id}`
  if (given.confirm !== undefined && given.confirm !== words) throw mismatch(given.confirm, words)
  if (given.confirm === words || !isAsked(demand, given)) return
  const production = demand.target.kind === 'production'
  const refuse = (why: string): LockstepError =>
    unanswered(demand, `${commandLine(cli)} ${production ? `--confirm ${words}` : '--yes'}`, why)
  if (!canAsk(cli.world)) throw refuse('nobody can be asked: stdin and stderr are not both a terminal, or CI is set')
  const answer = await ask(cli.world, question(cli, demand, production ? words : undefined), demand.signal)
  if (answer === undefined) throw refuse('the input ended before an answer came')
  if (production && answer !== words) throw mismatch(answer, words)
  if (!production && !/^y(es)?$/i.test(answer)) throw refuse('the answer was no')
}

function isAsked({ target, always }: Demand, { yes }: Given): boolean {
  if (target.kind === 'production') return true
  return !yes && (target.kind !== 'local' || always)
}

function question({ talk }: Cli, { action }: Demand, words: string | undefined): string {
  if (words === undefined) return `${talk.paint.bold(`${action}?`)} yes or no: `
  return `${talk.paint.bold(`${action}.`)} Type ${talk.paint.bold(words)} to go on: `
}

function unanswered({ action, target }: Demand, hint: string, why: string): LockstepError {
  return new LockstepError('LS-6001', `not confirmed: ${action}`, {
    where: { name: `environment ${target.environment}` },
    why: `${why}; nothing was started`,
    hint,
  })
}

function mismatch(found: string, words: string): LockstepError {
  return new LockstepError('LS-6002', `"${found.slice(0, 80)}" does not confirm it`, {
    why: 'the words name the environment and what was shown for it; nothing was started',
    hint: `look at what was shown; the words are ${words}`,
  })
}

/** The command as it was typed, without what confirms. */
function commandLine({ argv }: Cli): string {
  const kept = argv.filter(
    (word, at) => word !== '--confirm' && !word.startsWith('--confirm=') && argv[at - 1] !== '--confirm',
  )
  return [
    'lockstep',
    ...kept.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)),
  ].join(' ')
}
