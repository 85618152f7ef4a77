import type { CommanderError } from 'commander'
import { LockstepError } from '../kernel/errors.ts'

/** What the parser found wrong with the words, as LS-1001, or LS-1007 when it is a value. */
export function usageError({ code, message }: CommanderError, argv: readonly string[]): LockstepError {
  const [what = '', suggestion] = message.replace(/^error: /, '').split(/\n?\(Did you mean /)
  const place = /'([^']+)'/.exec(what)?.[1] ?? argv[0]
  const hint = suggestion === undefined ? help(argv) : `did you mean ${suggestion.replace(/\?\)\s*$/, '')}? ${help(argv)}`
  return new LockstepError(code === 'commander.invalidArgument' ? 'LS-1007' : 'LS-1001', what.trim().replace(/\.$/, ''), {
    where: { name: place === undefined ? 'lockstep' : `lockstep ${argv.join(' ')}` },
    hint,
  })
}

function help(argv: readonly string[]): string {
  const verb = argv.find((word) => /^[a-z]+$/.test(word))
  return verb === undefined ? 'lockstep --help lists the commands' : `lockstep --help lists the commands, lockstep ${verb} --help the options of one`
}
