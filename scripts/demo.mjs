// @ts-check
import { spawnSync } from 'node:child_process'
import { ensureInstalled, house } from './install.mjs'

ensureInstalled()
const [node, build, cli] = [process.execPath, `${house}scripts/build.mjs`, `${house}bin/lockstep.js`]
const built = spawnSync(node, [build], { cwd: house, stdio: ['ignore', 2, 2] })
if (built.status !== 0) process.exit(built.status ?? 1)
const demo = spawnSync(node, [cli, 'demo', ...process.argv.slice(2)], { stdio: 'inherit' })
process.exitCode = demo.status ?? 1
