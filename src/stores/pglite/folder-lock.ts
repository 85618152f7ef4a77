import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LockstepError } from '../../kernel/errors.ts'
import { currentHolder, judgeHolder, parseHolder } from './lock-holder.ts'
import type { LockHolder } from './lock-holder.ts'

/** A data folder that only we may open, until `release`. */
export interface FolderLock {
  /** The folder's real path. */
  readonly folder: string
  release(): Promise<void>
}

/**
 * Takes a data folder, making it when it is missing; throws LS-3006 naming the holder. A bound address proves that no
 * other process of this machine has it and vanishes with the process, however it ends; a file `lockstep.lock` tells
 * other machines and containers that share the folder. A holder that died here is taken over.
 */
export async function lockFolder(path: string): Promise<FolderLock> {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const folder = realpathSync(path)
  const file = join(folder, 'lockstep.lock')
  const server = await bind(lockAddress(folder))
  if (server === undefined) throw inUse(folder, readHolder(file))
  try {
    claimFile(folder, file)
  } catch (error) {
    await closeServer(server)
    throw error
  }
  return {
    folder,
    async release() {
      rmSync(file, { force: true })
      await closeServer(server)
    },
  }
}

function claimFile(folder: string, file: string): void {
  const self = currentHolder()
  const holder = readHolder(file)
  if (holder !== undefined) {
    switch (judgeHolder(holder, self)) {
      case 'alive':
        // We bound the address, so a process of this pid is either in another network namespace or it is us, who died
        // in a former life of this very process: the second cannot be, releasing removes the file.
        throw inUse(folder, holder)
      case 'elsewhere':
        throw inUse(folder, holder, file)
      case 'dead':
        rmSync(file, { force: true })
    }
  }
  try {
    writeFileSync(file, JSON.stringify(self), {
      flag: holder === undefined && readable(file) ? 'w' : 'wx',
      mode: 0o600,
    })
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST') throw inUse(folder, readHolder(file))
    throw new LockstepError('LS-3008', `the data folder ${folder} cannot be written`, { cause })
  }
}

function inUse(folder: string, holder: LockHolder | undefined, file?: string): LockstepError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`
  const hint =
    file === undefined
      ? 'stop that process, or use another folder; two openers would damage the data'
      : `that process cannot be seen from here; only if it is surely gone, delete ${file}`
  return new LockstepError('LS-3006', `${folder} is in use by ${who}`, { hint })
}

function readHolder(file: string): LockHolder | undefined {
  return readable(file) ? parseHolder(readFileSync(file, 'utf8')) : undefined
}

function readable(file: string): boolean {
  try {
    readFileSync(file)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw new LockstepError('LS-3008', `${file} cannot be read`, { cause: error })
  }
}

/** An address the kernel gives to one process only: it frees it when the process ends, whatever the reason. */
function lockAddress(folder: string): string {
  const name = `lockstep-pglite-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`
  if (process.platform === 'linux') return `\0${name}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`)
}

async function bind(address: string): Promise<Server | undefined> {
  const server = await listen(address)
  if (server !== undefined || !address.startsWith('/') || (await isAnswered(address))) return server
  // A socket file outlives its process outside of Linux and Windows; nobody answers on this one.
  rmSync(address, { force: true })
  return listen(address)
}

function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error) => (errorCode(error) === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen({ path: address, exclusive: true }, () => resolve(server.unref()))
  })
}

function isAnswered(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address, () => socket.destroy())
    socket.once('error', () => resolve(false))
    socket.once('close', (failed) => resolve(!failed))
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
