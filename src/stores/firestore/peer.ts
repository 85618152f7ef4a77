import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LockstepError } from '../../kernel/errors.ts'
import { isRawAdminClass, type RawAdminClass } from './admin-protocol.ts'
import { isObject, isRawClientClass, type RawClientClass } from './shapes.ts'

const peer = '@google-cloud/firestore'
const installHint = `npm install ${peer}`

/**
 * The driver's raw client as installed in the user's project: `@google-cloud/firestore` itself, or the copy
 * firebase-admin brings, or else the copy beside this package. LS-1006 with the line that installs it, or the reason it cannot be loaded.
 */
export function loadRawClientClass(resolveFrom: string, ownModule: string = import.meta.url): Promise<RawClientClass> {
  return loadClass(resolveFrom, ownModule, {
    name: 'v1.FirestoreClient',
    alone: 'v1/firestore_client.js',
    find: findRawClientClass,
  })
}

/** The same of the client of the admin API. */
export function loadRawAdminClass(resolveFrom: string): Promise<RawAdminClass> {
  return loadClass(resolveFrom, import.meta.url, {
    name: 'v1.FirestoreAdminClient',
    alone: 'v1/firestore_admin_client.js',
    find: findRawAdminClass,
  })
}

interface Wanted<Class> {
  readonly name: string
  /** The module beside the driver's entry that has it: all else takes as long to load again. No version promises it. */
  readonly alone: string
  readonly find: (loaded: unknown) => Class | undefined
}

async function loadClass<Class>(resolveFrom: string, ownModule: string, wanted: Wanted<Class>): Promise<Class> {
  const entry = resolvePeer(resolveFrom, ownModule)
  if (entry === undefined) {
    throw new LockstepError('LS-1006', `${peer} is not installed in ${resolveFrom}`, { hint: installHint })
  }
  const alone = join(dirname(entry), wanted.alone)
  for (const module of existsSync(alone) ? [alone, entry] : [entry]) {
    const found = wanted.find(await importPeer(module))
    if (found !== undefined) return found
  }
  throw new LockstepError('LS-1006', `the ${peer} installed in ${resolveFrom} has no ${wanted.name}`, {
    why: `loaded ${entry}`,
    hint: `${installHint}@8`,
  })
}

function resolvePeer(resolveFrom: string, ownModule: string): string | undefined {
  const require = createRequire(join(resolveFrom, 'package.json'))
  const direct = resolveWith(require, peer)
  if (direct !== undefined) return direct
  const admin = resolveWith(require, 'firebase-admin/package.json') ?? resolveWith(require, 'firebase-admin')
  const ofAdmin = admin === undefined ? undefined : resolveWith(createRequire(admin), peer)
  return ofAdmin ?? resolveWith(createRequire(ownModule), peer)
}

function resolveWith(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name)
  } catch (error) {
    const code = isObject(error) ? error['code'] : undefined
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined
    throw error
  }
}

async function importPeer(entry: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(entry).href)
  } catch (error) {
    throw new LockstepError('LS-1006', `${peer} is installed but cannot be loaded by Node ${process.versions.node}`, {
      why: error instanceof Error ? error.message : String(error),
      hint: `version 9 needs Node 22; on Node 20 run: ${installHint}@8`,
      cause: error,
    })
  }
}

/** The class on a loaded module or on the class of an instance, whichever way the module system wrapped it. */
export function findRawClientClass(loaded: unknown): RawClientClass | undefined {
  return findClass(loaded, 'FirestoreClient', isRawClientClass)
}

export function findRawAdminClass(loaded: unknown): RawAdminClass | undefined {
  return findClass(loaded, 'FirestoreAdminClient', isRawAdminClass)
}

function findClass<Class>(loaded: unknown, name: string, is: (value: unknown) => value is Class): Class | undefined {
  if (!isObject(loaded)) return undefined
  for (const module of [loaded['v1'], loaded]) {
    const found = isObject(module) ? module[name] : undefined
    if (is(found)) return found
  }
  return loaded['default'] === loaded ? undefined : findClass(loaded['default'], name, is)
}
