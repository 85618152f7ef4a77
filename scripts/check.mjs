// @ts-check
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { ensureInstalled, house } from './install.mjs'

/** @typedef {{ name: string, run: readonly string[], after?: string }} Stage */

const bin = `${house}node_modules/.bin/`
const jiti = `${house}node_modules/jiti/lib/jiti-cli.mjs`

/**
 * Every stage, in the order they begin: what it is called and what it runs. A stage is left out when the one it needs has failed.
 * @type {readonly Stage[]}
 */
const stages = [
  { name: 'format', run: [`${bin}oxfmt`, '--check'] },
  { name: 'build', run: [process.execPath, 'scripts/build.mjs'] },
  { name: 'lint', run: [`${bin}oxlint`, '--deny-warnings', '--report-unused-disable-directives'] },
  { name: 'types', run: [`${bin}tsc`, '--noEmit'] },
  { name: 'package', run: [process.execPath, jiti, 'scripts/check-package.ts'], after: 'build' },
  { name: 'rooms', run: [process.execPath, jiti, 'scripts/check-rooms.ts'] },
  { name: 'unused', run: [`${bin}knip`, '--no-progress'] },
  { name: 'generated', run: [process.execPath, jiti, 'scripts/generate.ts', '--check'] },
  { name: 'tests', run: [process.execPath, 'scripts/test.mjs'], after: 'build' },
]

/**
 * The stages to run: those named as arguments, all when none is, without those named with `--without`.
 * @returns {readonly Stage[]}
 */
function chosenStages() {
  const names = process.argv.slice(2)
  const cut = names.indexOf('--without')
  const [wanted, unwanted] = cut < 0 ? [names, []] : [names.slice(0, cut), names.slice(cut + 1)]
  const unknown = [...wanted, ...unwanted].filter((name) => !stages.some((stage) => stage.name === name))
  if (unknown.length > 0) {
    console.error(`No such stage: ${unknown.join(', ')}. Stages: ${stages.map(({ name }) => name).join(', ')}.`)
    process.exit(64)
  }
  return stages.filter(({ name }) => (wanted.length === 0 || wanted.includes(name)) && !unwanted.includes(name))
}

/** @param {Stage} stage @returns {Promise<{ ok: boolean, output: string }>} */
function runStage({ run: [command = '', ...args] }) {
  const child = spawn(command, args, { cwd: house, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
      output += chunk
    })
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, output: error.message }))
    child.once('close', (code) => resolve({ ok: code === 0, output: output.trimEnd() }))
  })
}

ensureInstalled()
/** @type {Map<string, Promise<boolean>>} */
const ended = new Map()

/** Runs a stage once the one it needs is done, and tells how it ended. @param {Stage} stage @returns {Promise<boolean>} */
async function tryStage(stage) {
  const label = stage.name.padEnd(10)
  if (stage.after !== undefined && (await ended.get(stage.after)) === false) {
    console.log(`not run  ${label} ${stage.after} failed`)
    return false
  }
  const start = performance.now()
  const { ok, output } = await runStage(stage)
  const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(6)
  const lastLine = stage.name === 'tests' && ok ? `  ${output.split('\n').at(-1)}` : ''
  console.log(`${ok ? 'ok     ' : 'FAILED '}  ${label} ${seconds} s${lastLine}`)
  if (!ok) console.log(output)
  return ok
}

/** Takes stages off the list until none is left. @param {Stage[]} waiting @returns {Promise<void>} */
async function takeStages(waiting) {
  for (let stage = waiting.shift(); stage !== undefined; stage = waiting.shift()) {
    const end = tryStage(stage)
    ended.set(stage.name, end)
    await end
  }
}

// Side by side as far as there are cores; the tests, which bring their own workers, after all others.
const isTests = (/** @type {Stage} */ { name }) => name === 'tests'
const chosen = chosenStages()
const others = chosen.filter((stage) => !isTests(stage))
await Promise.all(Array.from({ length: availableParallelism() }, () => takeStages(others)))
await takeStages(chosen.filter(isTests))
process.exitCode = (await Promise.all(ended.values())).every(Boolean) ? 0 : 1
