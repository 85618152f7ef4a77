// @ts-check
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync, statSync } from 'node:fs'
import { house } from './install.mjs'

/** Makes dist/ anew: what the compiler emits, and every other file of src/ (pages, SQL, protocol files) as it is. */
rmSync(`${house}dist`, { recursive: true, force: true })
const compiler = `${house}node_modules/typescript/bin/tsc`
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: house,
  stdio: 'inherit',
})
if (status !== 0) process.exit(status ?? 1)
cpSync(`${house}src`, `${house}dist`, {
  recursive: true,
  filter: (path) => statSync(path).isDirectory() || !path.endsWith('.ts'),
})
