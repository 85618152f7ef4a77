import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { LockstepError } from '../kernel/errors.ts'

/** Names of the files right in `folder` that are not as they were where this branch left `ref`, new ones included. Throws LS-1007. */
export function changedSince(folder: string, ref: string): ReadonlySet<string> {
  if (!existsSync(folder)) return new Set()
  const changed = git(folder, ref, ['diff', '--name-only', '--relative', '-z', '--merge-base', '--end-of-options', ref])
  const untracked = git(folder, ref, ['ls-files', '--others', '-z'])
  return new Set([...changed, ...untracked])
}

function git(folder: string, ref: string, args: readonly string[]): readonly string[] {
  const { status, stdout, stderr, error } = spawnSync('git', ['-C', folder, ...args, '--', '.'], { encoding: 'utf8' })
  if (status === 0) return stdout.split('\0').filter((name) => name !== '')
  throw new LockstepError(
    'LS-1007',
    `git cannot tell what changed since ${ref}: ${error?.message ?? firstLine(stderr)}`,
    {
      where: { name: '--since' },
      hint: 'name a branch, tag or commit that this checkout has, as in lockstep lint --since origin/main',
      cause: error,
    },
  )
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? ''
}
