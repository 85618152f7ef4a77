import type { FaultPlan } from '../../src/local/firestore/faults.ts'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import { documentsContract } from './documents.ts'

const reads = [
  'BatchGetDocuments',
  'RunQuery',
  'RunAggregationQuery',
  'ListCollectionIds',
  'ListDocuments',
  'PartitionQuery',
]

/** What an adapter rides out by itself. A write that fails is told to the caller, who judges it. */
const trouble: FaultPlan = {
  seed: Number(process.env['LOCKSTEP_SEED'] ?? 1),
  rules: [
    { kind: 'latency', share: 0.2, millis: 5 },
    { kind: 'unavailable', share: 0.05, methods: reads },
    { kind: 'aborted', share: 0.03, methods: reads },
    { kind: 'deadline', share: 0.03, methods: reads },
    { kind: 'reset', share: 0.03, methods: reads },
  ],
}

for (const [name, faults] of [
  ['local server', undefined],
  ['local server in trouble', trouble],
] as const) {
  documentsContract(name, async () => {
    const server = await createFirestoreServer(faults ? { faults } : {})
    const documents = await createFirestoreDocuments({ projectId: 'contract', emulatorHost: server.host })
    return {
      documents,
      close: async () => {
        await documents.close()
        await server.close()
      },
    }
  })
}
