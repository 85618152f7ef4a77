import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

function filesIn(root: string, folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, '/').length))
}

/** What a source file becomes in dist/: types, or itself; nothing when it is a test or a case. Code is in files of their own. */
function builtFrom(source: string): readonly string[] {
  const target = source.replace(/^src\//, 'dist/')
  if (/\.(test|case)\.ts$/.test(target)) return []
  return target.endsWith('.ts') ? [target.replace(/\.ts$/, '.d.ts')] : [target]
}

/** The files that the package of the house at `root` is to hold, no more and no less. */
function expectedFiles(root: string): readonly string[] {
  const alone = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'bin/lockstep.js']
  const asTheyAre = ['docs', 'schemas', 'web'].flatMap((folder) => filesIn(root, folder))
  const code = filesIn(root, 'dist').filter((path) => /^dist\/[^/]+\.js$/.test(path))
  return [...alone, ...asTheyAre, ...code, ...filesIn(root, 'src').flatMap(builtFrom)]
}

function packedFiles(root: string): readonly string[] {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const { stdout, stderr } = spawnSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
  if (!stdout.trimStart().startsWith('[')) throw new Error(`npm pack gave no list: ${stderr}`)
  const [packed] = JSON.parse(stdout) as readonly { readonly files: readonly { readonly path: string }[] }[]
  return (packed?.files ?? []).map(({ path }) => path)
}

/** How the files that would be published differ from those that are to be, one sentence a file. */
export function packedProblems(root: string): readonly string[] {
  const [expected, packed] = [new Set(expectedFiles(root)), new Set(packedFiles(root))]
  return [
    ...[...expected].filter((file) => !packed.has(file)).map((file) => `${file} would not be published`),
    ...[...packed]
      .filter((file) => !expected.has(file))
      .map((file) => `${file} would be published, but is not meant to`),
  ]
}
