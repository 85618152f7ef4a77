import { status } from '@grpc/grpc-js'
import { at, pack } from './admin-protocol.ts'
import type { AdminHandlers, Message, Packed } from './admin-protocol.ts'
import { invalid, refusal } from './status.ts'

/** Work that the admin API was asked for. */
export interface Operation {
  /** `projects/p/databases/d` */
  readonly database: string
  /** The name of its metadata in google.firestore.admin.v1, and what stands there beside times, state and progress. */
  readonly metadata: Packed
  /** Documents that it goes through. */
  readonly documents: number
  readonly began: number
  readonly ends: number
  /** What it gives in the end. */
  readonly response: () => Packed
}

/** The operations of one server, for as long as it runs. */
export interface Operations {
  /** Notes one and shows it as it is answered. */
  begin(operation: Operation): Message
  readonly handlers: AdminHandlers
}

export function createOperations(): Operations {
  const known = new Map<string, Operation>()
  let begun = 0
  const find = ({ name }: Message): readonly [string, Operation] => {
    const operation = known.get(String(name))
    if (!operation) throw refusal(status.NOT_FOUND, `Operation "${String(name)}" not found.`)
    return [String(name), operation]
  }
  return {
    begin: (operation) => {
      const name = `${operation.database}/operations/${operation.began.toString(36)}-${++begun}`
      known.set(name, operation)
      return shown(name, operation)
    },
    handlers: {
      GetOperation: (request) => shown(...find(request)),
      WaitOperation: (request) => shown(...find(request)),
      DeleteOperation: (request) => {
        known.delete(find(request)[0])
        return {}
      },
      ListOperations: ({ name, filter }) => {
        const all = [...known].filter(([, { database }]) => database === String(name).replace(/\/operations$/, ''))
        const isWanted = parseFilter(typeof filter === 'string' ? filter : '')
        return { operations: all.map((each) => shown(...each)).filter(isWanted) }
      },
    },
  }
}

/** Of the filters that production knows, those by `done`. */
function parseFilter(filter: string): (operation: Message) => boolean {
  if (filter.trim() === '') return () => true
  const done = /^\s*done\s*[=:]\s*(true|false)\s*$/.exec(filter)?.[1]
  if (done === undefined) throw invalid(`This server filters operations by done=true or done=false alone: "${filter}".`)
  return (operation) => operation['done'] === (done === 'true')
}

function shown(name: string, { metadata, documents, began, ends, response }: Operation): Message {
  const now = Date.now()
  const done = now >= ends
  const completed = done ? documents : Math.floor((documents * (now - began)) / (ends - began))
  const state = done ? 'SUCCESSFUL' : 'PROCESSING'
  const value = {
    ...metadata.value,
    startTime: at(began),
    ...(done ? { endTime: at(ends) } : {}),
    // The messages differ in the name of their state.
    [metadata.type.includes('Documents') ? 'operationState' : 'state']: state,
    progressDocuments: { estimatedWork: documents, completedWork: completed },
  }
  return {
    name,
    done,
    metadata: pack({ type: metadata.type, value }),
    ...(done ? { response: pack(response()) } : {}),
  }
}
