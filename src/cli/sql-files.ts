import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { LockstepError } from '../kernel/errors.ts'
import { changedSince } from './changed-files.ts'

/** What was named to be linted. */
export interface LintTargets {
  /** Ids of migrations. */
  readonly migrations: readonly string[]
  /** Full paths of files of SQL, each once, those of a folder in the order of their names. */
  readonly files: readonly string[]
}

/** Tells ids of migrations from files, folders and patterns of files of SQL. Throws LS-1007 for what is none of them. */
export function parseTargets(targets: readonly string[], folder: string): LintTargets {
  const migrations: string[] = []
  const files = new Set<string>()
  for (const target of targets) {
    const path = resolve(folder, target)
    if (existsSync(path)) for (const file of sqlFilesIn(path)) files.add(file)
    else if (/[*?]/.test(target)) for (const file of matching(folder, target)) files.add(file)
    else if (/^\d{14}_[a-z0-9_]+$/.test(target)) migrations.push(target)
    else throw notThere(target, 'is neither a file nor a folder nor the id of a migration')
  }
  return { migrations, files: [...files] }
}

function sqlFilesIn(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) {
    if (path.endsWith('.sql')) return [path]
    throw notThere(path, 'is no file of SQL; a migration is named by its id')
  }
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sql'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${sep}node_modules${sep}`))
    .sort()
}

/** Files under `folder` whose path matches a pattern with `*`, `**` and `?`. */
function matching(folder: string, pattern: string): readonly string[] {
  const fixed = pattern
    .split('/')
    .slice(
      0,
      pattern.split('/').findIndex((part) => /[*?]/.test(part)),
    )
    .join('/')
  const root = resolve(folder, fixed === '' && pattern.startsWith('/') ? '/' : fixed)
  const whole = asExpression(resolve(folder, '.').split(sep).join('/'), pattern)
  const found = existsSync(root) ? sqlFilesIn(root).filter((file) => whole.test(file.split(sep).join('/'))) : []
  if (found.length > 0) return found
  throw notThere(pattern, 'matches no file of SQL')
}

function asExpression(folder: string, pattern: string): RegExp {
  const full = pattern.startsWith('/') ? pattern : `${folder}/${pattern.replace(/^\.\//, '')}`
  const source = full
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(
      /\*\*\/|\*\*|\*|\?/g,
      (sign) => ({ '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' })[sign] ?? sign,
    )
  return new RegExp(`^${source}$`)
}

function notThere(target: string, what: string): LockstepError {
  return new LockstepError('LS-1007', `${target} ${what}`, {
    where: { name: 'lint' },
    hint: 'name files or folders of SQL, as in lockstep lint sql/ supabase/migrations, or a migration by its id',
  })
}

/** Those of the files that are new or changed since this branch left `ref`. Throws LS-1007 outside of a repository. */
export function changedFiles(files: readonly string[], ref: string): readonly string[] {
  const byFolder = new Map<string, ReadonlySet<string>>()
  return files.filter((file) => {
    const folder = dirname(file)
    const changed = byFolder.get(folder) ?? changedSince(folder, ref)
    byFolder.set(folder, changed)
    return changed.has(basename(file))
  })
}
