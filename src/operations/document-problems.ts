import { LockstepError } from '../kernel/errors.ts'

/** By reason, the names of the documents that stand in the way: all are counted, the first are named. */
export type Problems = ReadonlyMap<string, { readonly count: number; readonly names: readonly string[] }>

/** Gathers problems; one document counts once for a reason, as long as it is noted without another in between. */
export function createProblems(): {
  readonly problems: Problems
  readonly note: (name: string, why: string) => void
} {
  const problems = new Map<string, { count: number; names: string[]; last: string }>()
  return {
    problems,
    note(name, why) {
      const found = problems.get(why) ?? { count: 0, names: [], last: '' }
      problems.set(why, found)
      if (found.last === name) return
      found.last = name
      found.count++
      if (found.names.length < 5) found.names.push(name)
    },
  }
}

/** Throws LS-2110 with every kind of problem, each with its count and examples; `hintOf` knows a better way out. */
export function requireWay(
  summary: string,
  { problems }: { readonly problems: Problems },
  hintOf: (why: string) => string | undefined = () => undefined,
): void {
  const errors = [...problems].map(
    ([why, { count, names }]) =>
      new LockstepError('LS-2110', `${count} ${count === 1 ? 'document' : 'documents'}: ${why}`, {
        where: { name: names.join(', ') + (count > names.length ? ', …' : '') },
        hint: hintOf(why) ?? 'mend these documents, or exclude them by a narrower pattern; nothing was written',
      }),
  )
  const [first, ...also] = errors
  if (first === undefined) return
  throw new LockstepError('LS-2110', `${summary}: ${first.message}`, {
    ...(first.where === undefined ? {} : { where: first.where }),
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    also,
  })
}
