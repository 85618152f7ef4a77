import type { CommanderError } from 'commander'
import { LockstepError } from '../kernel/errors.ts'
import { verbs } from './verbs.ts'

/** What the parser found wrong with the words, as LS-1001, or LS-1007 when it is a value. */
export function usageError({ code, message }: CommanderError, argv: readonly string[]): LockstepError {
  if (code === 'commander.help') return new LockstepError('LS-1001', 'no command was given', { hint: help(undefined) })
  const [what = '', suggestion] = message.replace(/^error: /, '').split(/\n?\(Did you mean /)
  const verb = verbs.find(({ name }) => argv.includes(name))?.name
  const better = suggestion === undefined ? '' : `did you mean ${suggestion.replace(/\?\)\s*$/, '')}? `
  return new LockstepError(
    code === 'commander.invalidArgument' ? 'LS-1007' : 'LS-1001',
    what.trim().replace(/\.$/, ''),
    {
      where: { name: `lockstep ${argv.join(' ')}` },
      hint: better + help(verb),
    },
  )
}

function help(verb: string | undefined): string {
  return verb === undefined ? 'lockstep --help lists the commands' : `lockstep ${verb} --help lists its options`
}
