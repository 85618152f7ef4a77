// @ts-check
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMigrator } from 'lockstep'

/** @typedef {{ host: string, project: string, url: string, until?: string }} StoresTask with `until`, a run is interrupted when the planned shards of that phase are done */
/**
 * `files` are SQL files by path; with `folder` the project is made there and stays.
 * @typedef {{ step: string, tenants?: object | undefined, files?: Record<string, string> | undefined, folder?: string | undefined }} ProjectContent
 */

const migration = '20261122093000_bench'

/**
 * A user's project with one migration of one step, in a folder of its own, opened as `lockstep up` opens it.
 * @param {StoresTask} task @param {ProjectContent} content
 */
export async function openProject({ host, project, url, until }, { step, tenants, files = {}, folder: given }) {
  const folder = given ?? mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
  const environment = { kind: 'local', firestore: { projectId: project, emulatorHost: host }, postgres: { url } }
  const config = { environments: { bench: environment }, ...(tenants && { tenants }) }
  mkdirSync(join(folder, 'migrations'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'lockstep.config.ts'), `export default ${JSON.stringify(config)}`)
  writeFileSync(
    join(folder, 'migrations', `${migration}.ts`),
    `import { defineMigration, firestore, postgres, tenants } from 'lockstep'\nexport default defineMigration({ summary: 'bench', steps: [${step}] })`,
  )
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  /** @type {Record<string, number>} seconds of each phase, as the run itself tells them */
  const phases = {}
  const interrupting = new AbortController()
  const migrator = await createMigrator({
    folder,
    interrupt: interrupting.signal,
    listener: (message) => {
      if (!('event' in message)) return
      const { event } = message
      if (event.type === 'phase-finished') phases[event.phase] = event.seconds
      // The shards of what was planned, sweeps apart.
      if (event.type === 'shard-finished' && event.shard.includes(`/${event.phase}/0/`)) {
        const pass = `${event.phase} pass`
        phases[pass] = Math.max(phases[pass] ?? 0, event.seconds)
        if (event.phase === until) interrupting.abort()
      }
      if (event.type === 'warning' || event.type === 'failed') console.error(event)
    },
  })
  const close = async () => {
    await migrator.close()
    if (given === undefined) rmSync(folder, { recursive: true })
  }
  const up = async () => {
    const started = performance.now()
    const plan = await migrator.plan(migration)
    phases['plan'] = (performance.now() - started) / 1000
    await migrator.start(plan).catch(unlessInterrupted)
    return phases
  }
  const complete = () => migrator.complete(migration).catch(unlessInterrupted)
  return { migrator, up, complete, close }
}

/** @param {unknown} error */
function unlessInterrupted(error) {
  if (!(error instanceof Error && 'code' in error && error.code === 'LS-4007')) throw error
}
