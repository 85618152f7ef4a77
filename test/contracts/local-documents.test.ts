import type { FaultPlan } from '../../src/local/firestore/faults.ts'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import { documentsContract } from './documents.ts'
import { patientDocuments } from './patient-documents.ts'

/** Of every kind. What reads meet the adapter rides out by itself; a write that fails is told to the caller, who judges it. */
const trouble: FaultPlan = {
  seed: Number(process.env['LOCKSTEP_SEED'] ?? 1),
  rules: [
    { kind: 'latency', share: 0.2, millis: 5 },
    { kind: 'unavailable', share: 0.05 },
    { kind: 'aborted', share: 0.03 },
    { kind: 'deadline', share: 0.05 },
    { kind: 'reset', share: 0.03 },
    { kind: 'crash', share: 0.01, millis: 10 },
    { kind: 'exhausted', share: 0.05, methods: ['Commit', 'BatchWrite'] },
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
      documents: faults ? patientDocuments(documents) : documents,
      close: async () => {
        const absent = faults?.rules.filter(({ kind }) => server.faultCounts()[kind] === 0) ?? []
        if (absent.length > 0) throw new Error(`no trouble of the kind ${absent.map(({ kind }) => kind).join()}`)
        await documents.close()
        await server.close()
      },
    }
  })
}
