import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { LockstepError } from '../kernel/errors.ts'

const form = z.object({ pid: z.number().int(), variables: z.record(z.string(), z.string()) })

const noteFile = (folder: string): string => join(folder, '.lockstep', 'local.json')

/** Leaves the variables of the stores this process serves where `--print-env` finds them; the result takes them away. */
export function leaveNote(folder: string, variables: Readonly<Record<string, string>>): () => void {
  const file = noteFile(folder)
  mkdirSync(join(folder, '.lockstep'), { recursive: true })
  writeFileSync(file, `${JSON.stringify({ pid: process.pid, variables }, null, 2)}\n`, { mode: 0o600 })
  return () => {
    if (readNote(folder)?.pid === process.pid) rmSync(file, { force: true })
  }
}

/** The variables of the stores that run for this folder. Throws LS-3009 when none do. */
export function runningVariables(folder: string): Readonly<Record<string, string>> {
  const note = readNote(folder)
  if (note !== undefined && isAlive(note.pid)) return note.variables
  throw new LockstepError('LS-3009', `no local stores are running for ${folder}`, {
    where: { name: noteFile(folder) },
    hint: 'start lockstep local in another terminal, in the same folder',
  })
}

function readNote(folder: string): z.infer<typeof form> | undefined {
  try {
    return form.safeParse(JSON.parse(readFileSync(noteFile(folder), 'utf8'))).data
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      return undefined
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
