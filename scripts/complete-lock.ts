import { readFileSync, writeFileSync } from 'node:fs'

interface Locked {
  readonly version?: string
  readonly optional?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
}

type Packages = Readonly<Record<string, Locked>>

const systems = /(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-(\w+?)(?:-(\w+))?$/

/** What a package of binaries says about the machines it is for, read from its name; undefined where it says nothing. */
function lockedBinary(name: string, version: string): Locked | undefined {
  const [, os, cpu, abi = ''] = systems.exec(name) ?? []
  if (os === undefined || cpu === undefined) return undefined
  const libc = os === 'linux' && abi !== '' ? { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] } : {}
  return { version, optional: true, os: [os], cpu: [cpu], ...libc }
}

/** Entries for the binaries of other systems that packages of this lock name, but the lock itself lacks. */
function missingBinaries(packages: Packages): Packages {
  const wanted = Object.values(packages).flatMap((locked) => Object.entries(locked.optionalDependencies ?? {}))
  const missing = wanted.flatMap(([name, version]): [string, Locked][] => {
    const binary = /^\d/.test(version) ? lockedBinary(name, version) : undefined
    const path = `node_modules/${name}`
    return binary === undefined || packages[path] !== undefined ? [] : [[path, binary]]
  })
  return Object.fromEntries(missing)
}

/**
 * `npm ci` refuses a lock that lacks the binaries of other systems, and npm leaves them out of it where the registry it
 * asked serves those of one system only. This puts them back by name and version. Run it
 * after changing dependencies, where the build machine says that the lock lacks packages.
 */
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { readonly packages: Packages }
const added = missingBinaries(lock.packages)
if (Object.keys(added).length > 0) {
  const packages = Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) => a.localeCompare(b, 'en'))
  writeFileSync(
    'package-lock.json',
    `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`,
  )
}
console.log(`added ${Object.keys(added).length} entries to package-lock.json`)
