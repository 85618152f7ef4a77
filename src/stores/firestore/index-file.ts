import { existsSync, readFileSync } from 'node:fs'
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { parse } from 'jsonc-parser'
import { LockstepError } from '../../kernel/errors.ts'
import { isObject } from './shapes.ts'

export interface IndexFilePlace {
  /** The folder of the configuration. */
  readonly root: string
  /** The configured path, which counts before all. */
  readonly setting: string | undefined
  readonly database: string
}

/** Where the index definitions are: as configured, else as firebase.json says, else firestore.indexes.json. Absolute. */
export function locateIndexFile({ root, setting, database }: IndexFilePlace): string {
  if (setting !== undefined) return resolve(root, setting)
  const firebase = findFirebaseJson(root)
  const named = firebase === undefined ? undefined : indexesOf(firebase, database)
  return named ?? join(root, 'firestore.indexes.json')
}

/** The nearest firebase.json from the folder up to the git root. */
function findFirebaseJson(root: string): string | undefined {
  for (let at = resolve(root); ; at = dirname(at)) {
    const file = join(at, 'firebase.json')
    if (existsSync(file)) return file
    if (existsSync(join(at, '.git')) || at === dirname(at)) return undefined
  }
}

/** Comments are allowed there; `firestore` is one database's settings, or a list of several databases'. */
function indexesOf(file: string, database: string): string | undefined {
  const root: unknown = parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
  const settings = isObject(root) ? root['firestore'] : undefined
  const all: readonly unknown[] = Array.isArray(settings) ? settings : [settings]
  for (const each of all) {
    if (!isObject(each)) continue
    const of = each['database'] ?? each['instance'] ?? '(default)'
    const { indexes } = each
    if (of === database && typeof indexes === 'string') return resolve(dirname(file), indexes)
  }
  return undefined
}

/** For people and for the ledger: the same on every machine. */
export function printIndexFile(root: string, file: string): string {
  return relative(root, file).split(sep).join('/')
}

/** The file's text, undefined where there is none. Throws LS-2401 where it cannot be read. */
export async function readIndexFile(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw unusable(file, 'read', error)
  }
}

/**
 * Replaces the file, or removes it for undefined, if its text is still `was`: written beside it, made durable, renamed.
 * Its permissions stay, and a link stays one. Throws LS-2401 where it cannot be written.
 */
export async function writeIndexFile(
  file: string,
  text: string | undefined,
  was: string | undefined,
): Promise<boolean> {
  try {
    if ((await readIndexFile(file)) !== was) return false
    const target = was === undefined ? file : await realpath(file)
    if (text === undefined) await rm(target, { force: true })
    else await replace(target, text)
    return true
  } catch (error) {
    if (error instanceof LockstepError) throw error
    throw unusable(file, 'written', error)
  }
}

async function replace(file: string, text: string): Promise<void> {
  const mode = existsSync(file) ? (await stat(file)).mode & 0o777 : 0o644
  const beside = `${file}.${process.pid}.tmp`
  try {
    const handle = await open(beside, 'w', mode)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, file)
  } finally {
    await rm(beside, { force: true })
  }
}

function codeOf(error: unknown): unknown {
  return isObject(error) ? error['code'] : undefined
}

function unusable(file: string, verb: 'read' | 'written', cause: unknown): LockstepError {
  return new LockstepError('LS-2401', `the index file cannot be ${verb}: ${String(codeOf(cause) ?? cause)}`, {
    where: { file },
    hint: 'firestoreIndexes in lockstep.config.ts names the file; check it and its folder',
    cause,
  })
}
