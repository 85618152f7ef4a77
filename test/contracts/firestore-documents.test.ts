import { describe, it } from 'vitest'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import { startOfficialEmulator } from '../stores/official-emulator.ts'
import { documentsContract } from './documents.ts'

const emulator = await startOfficialEmulator()

if (emulator === undefined) {
  describe('documents contract: official emulator', () => {
    it.skip('no official emulator was found (set LOCKSTEP_TEST_EMULATOR=host:port)')
  })
} else {
  documentsContract('official emulator', async () => {
    const documents = await createFirestoreDocuments({ projectId: `contract-${process.pid}`, emulatorHost: emulator.host })
    return {
      documents,
      close: async () => {
        await documents.close()
        await emulator.stop()
      },
    }
  })
}
