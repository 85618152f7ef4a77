import { relative, resolve, sep } from 'node:path'
import { LockstepError } from '../kernel/errors.ts'
import type { ReadText } from '../operations/operation.ts'

/** Gives steps the SQL files that are part of their migration's checksum, and no others. */
export function readSqlFiles(root: string, files: ReadonlyMap<string, string>): ReadText {
  return (path) => {
    const file = resolve(root, path)
    if (relative(root, file).split(sep)[0] === '..') {
      throw refused(path, 'it lies outside the project', 'move it into the folder of lockstep.config.ts')
    }
    const text = files.get(file)
    if (text === undefined) {
      throw refused(
        path,
        'there is no such file, or the migration does not name it in quotes as it is',
        "write the path from the folder of lockstep.config.ts as a plain text, as in file: 'sql/match_documents.sql'",
      )
    }
    if (text.trim() === '') throw refused(path, 'it is empty', 'write its statement, or take the step out')
    return text
  }
}

function refused(path: string, why: string, hint: string): LockstepError {
  return new LockstepError('LS-2007', `file ${path} cannot be read: ${why}`, { where: { name: path }, hint })
}
