import { defineMigration, firestore, postgres, tenants } from 'lockstep'

export default defineMigration({
  summary: 'Chats know their language; tenants get a language column',
  steps: [
    firestore.addField('Whatsapp_Data/{uid}/chats/{phone}', { language: 'en' }, { queried: true }),
    postgres.addColumn(tenants('user_table'), 'language', 'text', { default: 'en', index: true }),
  ],
})
