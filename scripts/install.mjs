// @ts-check
import { spawnSync } from 'node:child_process'
import { lstatSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of the project, with a slash at its end. */
export const house = fileURLToPath(new URL('..', import.meta.url))

/** @param {string} path in the project @returns {number} when it was last changed, in ms; 0 when it does not exist */
const changed = (path) => statSync(house + path, { throwIfNoEntry: false })?.mtimeMs ?? 0

/**
 * Installs the packages of package-lock.json where they are absent or older than it, so that a fresh clone needs
 * nothing but Node and npm. A linked node_modules belongs to someone else and is left alone.
 */
export function ensureInstalled() {
  if (lstatSync(`${house}node_modules`, { throwIfNoEntry: false })?.isSymbolicLink() === true) return
  if (changed('node_modules/.package-lock.json') >= changed('package-lock.json')) return
  console.error('Installing the packages of package-lock.json (npm ci) …')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: house,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
}
