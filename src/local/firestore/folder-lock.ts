import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { LockstepError } from '../../kernel/errors.ts'

interface Holder {
  readonly pid: number
  readonly host: string
}

const heldHere = new Set<string>()

/**
 * Takes a folder for this process and returns what gives it back. LS-3006 names the holder when another server, here or in
 * another process, has it. What a dead process of this host left is taken over.
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'lock')
  if (heldHere.has(file)) throw inUse(folder, { pid: process.pid, host: hostname() })
  if (!tryCreate(file)) {
    const holder = readHolder(file)
    if (holder && isAlive(holder)) throw inUse(folder, holder)
    takeOver(file, holder)
    if (!tryCreate(file)) throw inUse(folder, readHolder(file))
  }
  heldHere.add(file)
  return () => {
    heldHere.delete(file)
    rmSync(file, { force: true })
  }
}

function tryCreate(file: string): boolean {
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' })
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  }
}

/** Moves the dead holder's file aside; what was moved is looked at again, since another may have taken over first. */
function takeOver(file: string, dead: Holder | undefined): void {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return
    throw error
  }
  const moved = readHolder(aside)
  if (moved && (moved.pid !== dead?.pid || moved.host !== dead.host)) renameSync(aside, file)
  else rmSync(aside, { force: true })
}

function readHolder(file: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isHolder(holder) ? holder : undefined
  } catch (error) {
    // Cut short by a crash, or gone between two looks: then nobody holds it.
    if (error instanceof SyntaxError || isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('host' in value)) return false
  return typeof value.pid === 'number' && typeof value.host === 'string'
}

/** A process of another host cannot be asked, so it counts as alive. Our own pid is a former process's: see `heldHere`. */
function isAlive({ pid, host }: Holder): boolean {
  if (host !== hostname()) return true
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !isErrno(error, 'ESRCH')
  }
}

function inUse(folder: string, holder: Holder | undefined): LockstepError {
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process'
  return new LockstepError('LS-3006', `The folder ${folder} is in use by ${who}.`, {
    hint: `Stop that process, or remove ${join(folder, 'lock')} if it is surely gone.`,
    where: { file: folder },
  })
}

const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
