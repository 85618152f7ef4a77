import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import { documentsContract } from './documents.ts'

documentsContract('local server', async () => {
  const server = await createFirestoreServer()
  const documents = await createFirestoreDocuments({ projectId: 'contract', emulatorHost: server.host })
  return {
    documents,
    close: async () => {
      await documents.close()
      await server.close()
    },
  }
})
