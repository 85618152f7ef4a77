import type { Command, Option } from 'commander'
import { LockstepError } from '../kernel/errors.ts'

/** Options that a variable may give as well; the flag wins. LOCKSTEP_ENV belongs to the configuration, which tells its origin. */
const twins: Readonly<Record<string, string>> = {
  config: 'LOCKSTEP_CONFIG',
  env: 'LOCKSTEP_ENV',
  format: 'LOCKSTEP_FORMAT',
  quiet: 'LOCKSTEP_QUIET',
  debug: 'LOCKSTEP_DEBUG',
  yes: 'LOCKSTEP_YES',
  confirm: 'LOCKSTEP_CONFIRM',
  concurrency: 'LOCKSTEP_CONCURRENCY',
  data: 'LOCKSTEP_DATA',
}

/** The variable that stands for an option, by the option's attribute name. */
export function twinOf(attribute: string): string | undefined {
  return twins[attribute]
}

/** Gives the command's options, and those of the program, the values of their variables where no flag was given. */
export function applyTwins(command: Command, env: NodeJS.ProcessEnv): void {
  for (const owner of command.parent === null ? [command] : [command, command.parent]) {
    for (const option of owner.options) applyTwin(owner, option, env)
  }
}

function applyTwin(owner: Command, option: Option, env: NodeJS.ProcessEnv): void {
  const name = option.attributeName()
  const twin = twinOf(name)
  const value = twin === undefined ? undefined : env[twin]
  const source = owner.getOptionValueSource(name)
  if (twin === undefined || value === undefined || value === '' || name === 'env') return
  if (source !== undefined && source !== 'default') return
  owner.setOptionValueWithSource(name, parseTwin(twin, value, option.isBoolean(), option.parseArg), 'env')
}

function parseTwin(
  twin: string,
  value: string,
  isFlag: boolean,
  parse: ((value: string, previous: never) => unknown) | undefined,
): unknown {
  if (!isFlag) return parse === undefined ? value : parseNamed(twin, () => parse(value, undefined as never))
  if (['1', 'true', 'yes'].includes(value.toLowerCase())) return true
  if (['0', 'false', 'no'].includes(value.toLowerCase())) return false
  throw new LockstepError('LS-1007', `${twin} is neither yes nor no`, {
    where: { name: twin },
    hint: `set ${twin} to 1 or to 0`,
  })
}

function parseNamed<T>(twin: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new LockstepError('LS-1007', `the value of ${twin} is not valid: ${why}`, { where: { name: twin }, cause })
  }
}
