// @ts-check
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync, statSync } from 'node:fs'
import { build } from 'rolldown'
import { house } from './install.mjs'

const dist = `${house}dist`

/**
 * Makes dist/ anew: the types of every file (checked by `npm run check`, not here), the code in a few files (docs/decisions/0020-bundled-code.md), and every other file of
 * src/ (pages, SQL, protocol files) as it is.
 */
rmSync(dist, { recursive: true, force: true })
const compiler = `${house}node_modules/typescript/bin/tsc`
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--noCheck'], {
  cwd: house,
  stdio: 'inherit',
})
if (status !== 0) process.exit(status ?? 1)
cpSync(`${house}src`, dist, {
  recursive: true,
  filter: (path) => statSync(path).isDirectory() || !path.endsWith('.ts'),
})
// All of it lies at the top of dist/, as src/version.ts does in src/: what a file finds by its own place is found in both.
await build({
  cwd: house,
  platform: 'node',
  input: {
    index: 'src/index.ts',
    client: 'src/client/client.ts',
    local: 'src/local/local.ts',
    main: 'src/cli/main.ts',
  },
  external: (id, importer, isResolved) => importer !== undefined && !isResolved && !id.startsWith('.'),
  output: { dir: dist, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name].js' },
})
