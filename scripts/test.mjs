// @ts-check
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { ensureInstalled, house } from './install.mjs'

/** @typedef {{ passed: number, failed: number, skipped: Record<string, string[]> }} Outcome */

/**
 * Runs vitest with the arguments given to this script. An interruption reaches it too, and is waited for.
 * @param {string} file where the outcome is to be written
 * @returns {Promise<number>} its exit code
 */
function runTests(file) {
  const env = { ...process.env, LOCKSTEP_TEST_OUTCOME: file, LOCKSTEP_TEST_STORES: 'once' }
  const args = [`${house}node_modules/vitest/vitest.mjs`, 'run', ...process.argv.slice(2)]
  const child = spawn(process.execPath, args, { cwd: house, env, stdio: ['ignore', 'inherit', 'inherit'] })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal))
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
}

/** @param {string} file @returns {Outcome} a run that left no outcome has failed */
function readOutcome(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: {} }
  return /** @type {Outcome} */ (JSON.parse(readFileSync(file, 'utf8')))
}

/** @param {Outcome['skipped']} skipped */
function tellSkipped(skipped) {
  for (const [reason, tests] of Object.entries(skipped)) {
    console.log(`skipped ${tests.length}: ${reason}`)
    for (const test of tests.slice(0, 5)) console.log(`  ${test}`)
    if (tests.length > 5) console.log(`  and ${tests.length - 5} more`)
  }
}

ensureInstalled()
const folder = mkdtempSync(`${tmpdir()}/lockstep-test-`)
const code = await runTests(`${folder}/outcome.json`)
const { passed, failed, skipped } = readOutcome(`${folder}/outcome.json`)
rmSync(folder, { recursive: true })
tellSkipped(skipped)
const left = Object.values(skipped).flat().length
const forbidden = process.env['LOCKSTEP_REQUIRE_REAL_STORES'] === '1' ? left : 0
if (forbidden > 0) console.log('A skipped test is a failure here: LOCKSTEP_REQUIRE_REAL_STORES=1.')
const failures = Math.max(failed + forbidden, passed === 0 || code !== 0 ? 1 : 0)
console.log(`${passed} passed, ${failures} failed${left > forbidden ? `, ${left} skipped` : ''}`)
process.exitCode = failures === 0 ? 0 : 1
