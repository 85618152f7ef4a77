import { defineMigration, firestore } from 'lockstep'

const renamed: Readonly<Record<string, string>> = {
  new_lead: 'lead.new',
  vip_lead: 'lead.vip',
  hot_lead: 'lead.hot',
  cold_lead: 'lead.cold',
  payment: 'customer.paying',
  customer: 'customer.won',
}
const original: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(renamed).map(([old, now]) => [now, old]),
)

/** Old and new values have no name in common, so that a value tells whether it has been renamed. */
export default defineMigration({
  summary: 'Lifecycles say what they belong to',
  steps: [
    firestore.transformDocuments('Whatsapp_Data/{uid}/chats/{phone}', {
      reads: ['lifecycle'],
      isNew: ({ lifecycle }) => !(String(lifecycle) in renamed),
      up: (chat) => ({ ...chat, lifecycle: renamed[String(chat['lifecycle'])] ?? chat['lifecycle'] }),
      down: (chat) => ({ ...chat, lifecycle: original[String(chat['lifecycle'])] ?? chat['lifecycle'] }),
    }),
  ],
})
