import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where packages for Debian, Red Hat, Homebrew and Postgres.app put each version, as `<folder>/<version>/bin`. */
const versioned = ['/usr/lib/postgresql', '/Applications/Postgres.app/Contents/Versions']
/** Folders in which each version has a folder of its own by name. */
const named = ['/usr', '/opt/homebrew/opt', '/usr/local/opt', '/home/linuxbrew/.linuxbrew/opt']

/** The folder of `postgres` and `initdb`: that of the PATH, else the newest in the usual places. */
export function findPostgresBinaries(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const onPath = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const usual = [
    ...versioned.flatMap((folder) => foldersIn(folder, /^\d+$/)),
    ...named.flatMap((folder) => foldersIn(folder, /^(?:pgsql-|postgresql@)\d+$/)),
  ]
  const newest = usual.sort((a, b) => versionOf(b) - versionOf(a)).map((folder) => join(folder, 'bin'))
  return [...onPath, ...newest].find((folder) => ['postgres', 'initdb'].every((name) => existsSync(join(folder, name))))
}

function foldersIn(folder: string, name: RegExp): readonly string[] {
  const found = existsSync(folder) ? readdirSync(folder) : []
  return found.filter((each) => name.test(each)).map((each) => join(folder, each))
}

function versionOf(folder: string): number {
  return Number(/(\d+)$/.exec(folder)?.[1] ?? 0)
}
