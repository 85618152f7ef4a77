import type { FullLook } from '../../index-operation.ts'
import type { Verification } from '../../operation.ts'
import { hasWanted } from './index-file-text.ts'
import { wantedOf } from './index-spec.ts'
import type { EnsureIndexSpec } from './index-spec.ts'
import { creates } from './plan-index.ts'
import { printWanted } from './print-wanted.ts'
import { readServer } from './server-index.ts'
import type { ServerState } from './server-index.ts'

/** The file has it, and where there is an admin API the index is READY. */
export async function* verifyIndex(spec: EnsureIndexSpec, { indexes }: FullLook): Verification {
  const wanted = wantedOf(spec)
  const where = printWanted(wanted)
  if (!hasWanted(await indexes.readFile(), indexes.file, wanted)) {
    yield { where, problem: `is not in ${indexes.file}` }
  }
  if (!(await indexes.managed())) return { checked: 1, what: 'index file, no server to ask' }
  const { state } = await readServer(indexes, wanted)
  const problem = problemOf(state, creates(spec, indexes))
  if (problem !== undefined) yield { where, problem }
  return { checked: 2, what: 'index file and server' }
}

function problemOf(state: ServerState, create: boolean): string | undefined {
  switch (state) {
    case 'READY':
      return undefined
    case 'CREATING':
      return 'is still being built'
    case 'NEEDS_REPAIR':
      return 'could not be built (NEEDS_REPAIR)'
    case 'missing':
      return create ? 'is not on the server' : 'is not on the server: firebase deploy --only firestore:indexes'
  }
}
