// @ts-check
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { ensureInstalled, house } from '../scripts/install.mjs'

/** Builds the product, then runs one benchmark of this folder: `npm run bench -- NAME [options]`. */
const [name, ...options] = process.argv.slice(2)
const known = readdirSync(`${house}bench`)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3))
if (name === undefined || !known.includes(name)) {
  console.error(`Name one benchmark: ${known.join(', ')}`)
  process.exit(64)
}
ensureInstalled()
const built = spawnSync(process.execPath, [`${house}scripts/build.mjs`], { cwd: house, stdio: ['ignore', 2, 2] })
if (built.status !== 0) process.exit(built.status ?? 1)
const args = [`${house}node_modules/jiti/lib/jiti-cli.mjs`, `${house}bench/${name}.ts`, ...options]
const child = spawn(process.execPath, args, { cwd: house, stdio: 'inherit' })
child.once('exit', (code) => (process.exitCode = code ?? 1))
