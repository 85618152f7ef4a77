import { defineMigration, firestore } from 'lockstep'

/** With all chats, messages and templates, also those whose parent document does not exist. */
export default defineMigration({
  summary: 'Whatsapp_Data is called whatsapp',
  steps: [firestore.renameCollection('Whatsapp_Data/{uid}', 'whatsapp/{uid}')],
})
