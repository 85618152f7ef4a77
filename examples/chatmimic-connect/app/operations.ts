import type { Random } from '../seed/random.ts'
import {
  agentReply,
  deleteChat,
  incomingMessage,
  newChat,
  readChat,
  readChats,
  recreateChat,
  rewriteChat,
  setLanguage,
  tagChat,
  toggleAgent,
} from './chat-operations.ts'
import type { Call, ClientVersion } from './session.ts'
import { addEmbedding, matchDocuments, saveSettings, signUp, tenantLanguage } from './tenant-operations.ts'

interface Operation {
  readonly weight: number
  readonly run: (call: Call) => Promise<void>
  /** Only clients of this version do it. */
  readonly only?: ClientVersion
}

/** What the app's clients do, with how often in relation to each other. */
export const operations = {
  incomingMessage: { weight: 34, run: incomingMessage },
  agentReply: { weight: 20, run: agentReply },
  toggleAgent: { weight: 6, run: toggleAgent },
  tagChat: { weight: 6, run: tagChat },
  newChat: { weight: 5, run: newChat },
  deleteChat: { weight: 1, run: deleteChat },
  recreateChat: { weight: 1, run: recreateChat },
  readChat: { weight: 4, run: readChat },
  readChats: { weight: 6, run: readChats },
  saveSettings: { weight: 6, run: saveSettings },
  addEmbedding: { weight: 3, run: addEmbedding },
  matchDocuments: { weight: 3, run: matchDocuments },
  signUp: { weight: 0.5, run: signUp },
  setLanguage: { weight: 5, run: setLanguage, only: 'new' },
  tenantLanguage: { weight: 5, run: tenantLanguage, only: 'new' },
  rewriteChat: { weight: 3, run: rewriteChat, only: 'old' },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof operations

const table: readonly (readonly [OperationName, Operation])[] = Object.entries(operations).map(
  ([name, operation]) => [name as OperationName, operation] as const,
)

/** One operation that a client of this version does, drawn by weight. */
export function pickOperation(random: Random, client: ClientVersion, rewriteChats: boolean): OperationName {
  const possible = table.filter(
    ([name, { only }]) => (only ?? client) === client && (rewriteChats || name !== 'rewriteChat'),
  )
  let place = random.next() * possible.reduce((sum, [, { weight }]) => sum + weight, 0)
  for (const [name, { weight }] of possible) {
    place -= weight
    if (place < 0) return name
  }
  return 'incomingMessage'
}
