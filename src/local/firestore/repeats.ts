import { invalid } from './status.ts'
import type { Write } from './writes.ts'

/**
 * The writes of one commit, those to one document fitting each other: they count as a single change, so what one of them leaves
 * behind must be what the next expects, and the version that the document must have is asked for once.
 */
export function withoutRepeats(writes: readonly Write[]): readonly Write[] {
  const before = new Map<string, { readonly last: Write; readonly version: number | undefined }>()
  return writes.map((write) => {
    const seen = before.get(write.key)
    const version = versionOf(write)
    before.set(write.key, { last: write, version: seen ? seen.version : version })
    if (!seen) return write
    checkPair(seen.last, write)
    if (version === undefined) return write
    if (version === seen.version) return { ...write, precondition: undefined }
    throw invalid(`Cannot collapse mutations with different version preconditions: ${write.name}`)
  })
}

const versionOf = ({ precondition }: Write): number | undefined =>
  precondition && 'version' in precondition ? precondition.version : undefined

type Verb = 'insert' | 'update' | 'upsert' | 'delete'

function verbOf({ op, precondition }: Write): Verb {
  if (op === 'delete') return 'delete'
  if (!precondition) return 'upsert'
  return 'exists' in precondition && !precondition.exists ? 'insert' : 'update'
}

function checkPair(first: Write, second: Write): void {
  const [left, right] = [verbOf(first), verbOf(second)]
  const exists = second.precondition && 'exists' in second.precondition ? second.precondition.exists : undefined
  const [mustExist, mustNot] = [right === 'update' || exists === true, right === 'insert' || exists === false]
  if (left === 'delete' ? mustExist : mustNot) {
    throw invalid(`Cannot ${left} then ${right} an entity in the same request: ${second.name}`)
  }
}
