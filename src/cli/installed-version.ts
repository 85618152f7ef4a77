import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The version of a package as code in `from` would get it; undefined where it is not installed. */
export function installedVersion(
  from: string | URL,
  name: string,
): { readonly name: string; readonly version: string } | undefined {
  const require = createRequire(typeof from === 'string' ? join(from, 'package.json') : from)
  for (const folder of require.resolve.paths(name) ?? []) {
    const file = join(folder, name, 'package.json')
    if (!existsSync(file) || dirname(file) === folder) continue
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version?: string }
    return { name, version: version ?? 'unknown' }
  }
  return undefined
}
