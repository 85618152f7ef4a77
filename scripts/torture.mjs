// @ts-check
import { spawn } from 'node:child_process'
import { ensureInstalled, house } from './install.mjs'

/** The torture and the crash laws at full size, seeded: LOCKSTEP_SEED=… repeats a run. Takes about half an hour. */
ensureInstalled()
const env = {
  ...process.env,
  LOCKSTEP_TORTURE: 'full',
  LOCKSTEP_CRASH_TRIES: process.env['LOCKSTEP_CRASH_TRIES'] ?? '300',
}
const args = [`${house}scripts/test.mjs`, 'test/torture', 'test/laws', ...process.argv.slice(2)]
const child = spawn(process.execPath, args, { cwd: house, env, stdio: ['ignore', 'inherit', 'inherit'] })
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal))
child.once('exit', (code) => (process.exitCode = code ?? 1))
