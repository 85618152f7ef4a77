import { defineMigration, firestore } from 'lockstep'

/** Who someone is does not change with every message: it gets a document of its own. */
export default defineMigration({
  summary: 'Contacts have documents of their own',
  steps: [
    firestore.splitDocument('Whatsapp_Data/{uid}/chats/{phone}', {
      into: 'Whatsapp_Data/{uid}/contacts/{phone}',
      fields: { contactName: 'name', phoneNumber: 'phone' },
    }),
  ],
})
