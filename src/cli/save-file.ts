import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { LockstepError } from '../kernel/errors.ts'

/** Writes the whole text or nothing, readable by its owner only, and returns the file's path. Throws LS-1007. */
export function saveFile(folder: string, name: string, text: string): string {
  const file = resolve(folder, name)
  const draft = `${file}.${process.pid}.part`
  try {
    const handle = openSync(draft, 'wx', 0o600)
    try {
      writeFileSync(handle, text)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(draft, file)
    return file
  } catch (cause) {
    rmSync(draft, { force: true })
    throw new LockstepError(
      'LS-1007',
      `${name} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        where: { name: '--out' },
        hint: 'name a file in a folder that exists and may be written to',
        cause,
      },
    )
  }
}
