import type { RunEvent } from '../ledger/events.ts'
import { printCount, printCounted, printMeasured } from './figures.ts'

export interface EventText {
  readonly weight: 'note' | 'warning' | 'problem'
  readonly text: string
}

const note = (text: string): EventText => ({ weight: 'note', text })
const warning = (text: string): EventText => ({ weight: 'warning', text })
const problem = (text: string): EventText => ({ weight: 'problem', text })

/** Locks that had to be waited for less often are daily life. */
const manyRepeats = 3

/** What an event says to somebody watching; undefined for those that only count. */
export function eventText(event: RunEvent): EventText | undefined {
  switch (event.type) {
    case 'run-started':
      return note(`run started by ${event.actor} from plan ${event.plan}`)
    case 'run-resumed':
      return note(`run goes on from ${event.from}, by ${event.actor}`)
    case 'phase-finished':
      return note(`${event.phase} done in ${printMeasured(event.seconds)}`)
    case 'sweep':
      return note(
        `sweep ${event.round} of ${event.phase}: ${printCounted(event.shards, 'shards')} for what changed meanwhile`,
      )
    case 'waiting':
      return note(`waiting ${printMeasured(event.seconds)} ${event.why}`)
    case 'verified':
      return note(
        `step ${event.step + 1} verified: ${printCount(event.checked)} ${event.what}, ${printCounted(event.findings, 'findings')}`,
      )
    case 'measured':
      return note(`step ${event.step + 1}: ${event.where}: ${event.text}`)
    default:
      return isTrouble(event) ? troubleText(event) : undefined
  }
}

const troubles = [
  'shard-finished',
  'shard-retried',
  'shard-failed',
  'tables-changed',
  'kept',
  'finding',
  'warning',
] as const

type Trouble = Extract<RunEvent, { type: (typeof troubles)[number] }>

function isTrouble(event: RunEvent): event is Trouble {
  return troubles.some((type) => type === event.type)
}

function troubleText(event: Trouble): EventText | undefined {
  switch (event.type) {
    case 'shard-finished':
      return event.conflicts === 0
        ? undefined
        : warning(
            `step ${event.step + 1}: ${printCounted(event.conflicts, 'conflicts')} with other writers, read again and recomputed`,
          )
    case 'shard-retried':
      return warning(`shard ${event.shard} tried again: ${event.problem}`)
    case 'shard-failed':
      return problem(`shard ${event.shard} failed (${event.code}): ${event.problem}`)
    case 'tables-changed':
      return event.repeats < manyRepeats
        ? undefined
        : warning(`${event.first} and ${event.tables - 1} more: waited ${event.repeats} times for a lock`)
    case 'kept':
      return warning(`kept ${printCounted(event.count, event.unit)} (${event.where}): ${event.why}`)
    case 'finding':
      return problem(`step ${event.step + 1}: ${event.where}: ${event.problem}`)
    case 'warning':
      return warning(event.message)
  }
}
