import { defineMigration, firestore } from 'lockstep'

/** A number of milliseconds in chats from before 2024, a timestamp in all others: from now on always a timestamp. */
export default defineMigration({
  summary: 'The time of the last message has one type',
  steps: [
    firestore.convertField('Whatsapp_Data/{uid}/chats/{phone}', 'lastMessageTime', {
      from: 'number',
      to: 'timestamp',
      unit: 'millis',
    }),
  ],
})
