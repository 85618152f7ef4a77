import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import type { IndexHands } from '../../index-operation.ts'
import type { Checkpoint, PreImage, Work } from '../../operation.ts'
import { keyOfWanted } from './index-entries.ts'
import { hasWanted, overrideIn, parseIndexFile } from './index-file-text.ts'
import { wantedOf } from './index-spec.ts'
import type { EnsureIndexSpec, Wanted } from './index-spec.ts'
import { printWanted } from './print-wanted.ts'
import { readServer, withdrawal } from './server-index.ts'
import { takeBackFile } from './take-back-file.ts'
import type { FileImage } from './take-back-file.ts'

const fileText = z.object({ text: z.string().nullable() })

/** Before asking again to delete an index that is still being built: below the lease of a shard. */
const pause = 10_000

/** The file first, so that the index itself goes only when no entry of someone else's lists it any more. */
export async function* revertIndex({ spec }: Work<EnsureIndexSpec>, hands: IndexHands): AsyncGenerator<Checkpoint> {
  const wanted = wantedOf(spec)
  const needing = await hands.neededBy(keyOfWanted(wanted))
  if (needing !== undefined) {
    hands.warn(`${printWanted(wanted)} stays: ${needing} needs it`)
    return
  }
  const images: PreImage[] = []
  for await (const image of hands.preImages()) images.push(image)
  let changed = 0
  for (const image of images) if (await revertFile(hands, wanted, image)) changed++
  for (const image of images) {
    while (!(await revertServer(hands, wanted, image))) {
      yield { cursor: null, changed: 0, skipped: 0, conflicts: 0 }
      await hands.pause(pause)
    }
  }
  yield { cursor: null, changed, skipped: 0, conflicts: 0 }
}

function fileImageOf({ before, after }: PreImage): FileImage | undefined {
  const [was, became] = [fileText.safeParse(before), fileText.safeParse(after)]
  if (!was.success || !became.success) return undefined
  return { before: was.data.text ?? undefined, after: became.data.text ?? undefined }
}

async function revertFile(hands: IndexHands, wanted: Wanted, image: PreImage): Promise<boolean> {
  const file = fileImageOf(image)
  if (file === undefined) return false
  let kept: string | undefined
  const changed = await hands.changeFile((now) => {
    const back = takeBackFile(now, file, hands.indexes.file, wanted)
    kept = back.kept
    return back.text
  })
  if (kept !== undefined) hands.warn(`${hands.indexes.file}: ${kept}`)
  return changed
}

/** False where the server has to be asked again later. */
async function revertServer(hands: IndexHands, wanted: Wanted, image: PreImage): Promise<boolean> {
  const { indexes } = hands
  if (fileImageOf(image) !== undefined || !(await indexes.managed())) return true
  if (lists(await indexes.readFile(), indexes.file, wanted)) {
    hands.warn(`${printWanted(wanted)} stays on the server: ${indexes.file} lists it`)
    return true
  }
  const { change, kept } = await withdrawal(indexes, wanted, image)
  if (kept !== undefined) hands.warn(kept)
  if (change === undefined || (await hands.changeServer({ image, work: change }))) return true
  if ((await readServer(indexes, wanted)).state === 'CREATING') return false
  throw new LockstepError('LS-2402', `${printWanted(wanted)} could not be deleted`, {
    hint: 'delete it by hand (gcloud firestore indexes composite delete), then run down again',
  })
}

/** True where the file has an entry for what is wanted: someone else's, since ours is gone. */
function lists(text: string | undefined, file: string, wanted: Wanted): boolean {
  if (text === undefined || !hasWanted(text, file, wanted)) return false
  return wanted.kind === 'composite' || overrideIn(parseIndexFile(text, file), wanted) !== undefined
}
