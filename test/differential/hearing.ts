import { Query } from '@google-cloud/firestore'
import type { QuerySnapshot } from '@google-cloud/firestore'
import type { Answers } from './answers.ts'

/** Somebody who listens to a query. */
export interface Ear {
  /** Until what was heard is what the query answers. `single` says that it was one commit, and so one snapshot. */
  settled(single: boolean): Promise<void>
  /** Ends it; everything that was heard, change by change where it was one commit. */
  close(): unknown
}

const longest = 20_000

/** The client sorts what it hears by itself, and not as the server does in each case. */
const versions = ({ docs }: QuerySnapshot): string =>
  `found ${docs
    .map(({ ref, updateTime }) => `${ref.path}@${updateTime.seconds}.${updateTime.nanoseconds}`)
    .sort()
    .join()}`

/** Listens to a query; a query that is none is passed on. */
export async function hearQuestion(query: unknown, answers: Answers): Promise<Ear> {
  if (!(query instanceof Query)) return { settled: async () => {}, close: () => query }
  const heard: unknown[] = []
  let changes: unknown[] = []
  let last: QuerySnapshot | undefined
  let failure: unknown
  let wake = (): void => {}
  const stop = query.onSnapshot(
    (snapshot) => {
      last = snapshot
      changes.push(answers.changes(snapshot))
      wake()
    },
    (error) => {
      failure = answers.refusal(error)
      wake()
    },
  )
  const settled = async (single: boolean): Promise<void> => {
    const goal = versions(await query.get())
    const begun = Date.now()
    while (failure === undefined && (last ? versions(last) : '') !== goal) {
      if (Date.now() - begun > longest) throw new Error(`not heard within ${longest} ms: ${goal}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    if (single) heard.push(changes)
    changes = []
  }
  await settled(true)
  return {
    settled,
    close: () => {
      stop()
      return { heard, failure }
    },
  }
}
