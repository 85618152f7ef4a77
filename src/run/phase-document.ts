import { retry } from '../kernel/backoff.ts'
import type { Clock } from '../kernel/clock.ts'
import { LockstepError } from '../kernel/errors.ts'
import { fieldAt } from '../operations/field-path.ts'
import type { DocumentReader, DocumentWriter, FieldChange } from '../stores/documents.ts'
import { isPassing } from './passing-errors.ts'

/** Where clients read the phase of each migration: field = migration id, value = phase. */
export const phaseDocument = '_lockstep/state'

/** Lockstep's own clock: written to learn the document store's time. */
const clockDocument = '_lockstep/clock'

const patient = { first: 200, longest: 5_000, repeats: 12 }

/** The migration's phase as clients have been told it; undefined where they have not. */
export async function readPhase(documents: DocumentReader, migration: string): Promise<string | undefined> {
  const [found] = await documents.get([phaseDocument], [[migration]])
  const phase = found && fieldAt(found, [migration])
  return phase !== undefined && 'stringValue' in phase ? phase.stringValue : undefined
}

/** Sets or, with undefined, removes the migration's phase; retried until the store agrees. */
export async function writePhase(
  documents: DocumentWriter,
  clock: Clock,
  migration: string,
  phase: string | undefined,
): Promise<void> {
  const changes: readonly FieldChange[] = [
    { path: [migration], value: phase === undefined ? undefined : { stringValue: phase } },
  ]
  await patch(documents, clock, phaseDocument, changes)
}

/** The document store's time now, as an update time that later ones can be compared with. */
export function storeTime(documents: DocumentWriter, clock: Clock): Promise<string> {
  const tick = `${clock.now()}-${Math.random()}`
  return patch(documents, clock, clockDocument, [{ path: ['tick'], value: { stringValue: tick } }])
}

function patch(
  documents: DocumentWriter,
  clock: Clock,
  name: string,
  changes: readonly FieldChange[],
): Promise<string> {
  return retry({ ...patient, clock, worthwhile: isPassing }, async () => {
    const [result] = await documents.write([{ op: 'patch', name, changes, expect: 'any' }])
    if (result?.ok === true && result.updateTime !== undefined) return result.updateTime
    const why = result?.ok === false ? `${result.status}: ${result.message}` : 'no update time came back'
    throw new LockstepError('LS-3004', `Firestore refused the write to ${name}`, { where: { name }, why })
  })
}
