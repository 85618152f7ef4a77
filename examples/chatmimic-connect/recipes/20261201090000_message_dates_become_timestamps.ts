import { defineMigration, firestore } from 'lockstep'

/** '11/03/2025', in old messages also '2025-03-11' or nothing, becomes a timestamp beside it that can be queried. */
export default defineMigration({
  summary: 'Messages have their day as a timestamp',
  steps: [
    firestore.convertField('Whatsapp_Data/{uid}/chats/{phone}/messages/{id}', 'date', {
      from: 'string',
      to: 'timestamp',
      format: ['DD/MM/YYYY', 'YYYY-MM-DD'],
      zone: 'UTC',
      strategy: 'beside',
      as: 'sentOn',
      accept: { unparsable: 'null', formatting: 'keep' },
    }),
  ],
})
