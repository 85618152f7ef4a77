import { spawnSync } from 'node:child_process'
import { packedProblems } from './packed-files.ts'

/** Runs a tool of node_modules on this package; its output is shown when it finds fault. */
function passes(tool: string, ...args: readonly string[]): boolean {
  const { status, stdout, stderr } = spawnSync(`node_modules/.bin/${tool}`, args, { encoding: 'utf8' })
  if (status !== 0) console.error(stdout + stderr)
  return status === 0
}

const problems = packedProblems(process.cwd())
for (const problem of problems) console.error(problem)
const shaped = passes('publint', '--strict')
const typed = passes('attw', '--pack', '.', '--profile', 'esm-only')
process.exitCode = problems.length === 0 && shaped && typed ? 0 : 1
