import { parseArgs } from 'node:util'
import type { Measurement } from './contenders/measured.mjs'
import { runContender } from './measuring/child.ts'
import type { Contender } from './measuring/child.ts'
import { dropDocuments, seedDocuments } from './measuring/documents.ts'
import { startStores } from './measuring/stores.ts'
import type { BenchStores } from './measuring/stores.ts'
import { renderRatios } from './measuring/table.ts'
import type { Line } from './measuring/table.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    documents: { type: 'string', default: '20000' },
    only: { type: 'string' },
  },
})
const count = Number(values.documents)

/** One step of each per-document operation on the same documents, and the phase in which it writes. */
const operations = {
  addField: ['backfill', `firestore.addField('Chats/{id}', { language: 'en' })`],
  removeField: ['contract', `firestore.removeField('Chats/{id}', 'title')`],
  renameField: ['backfill', `firestore.renameField('Chats/{id}', 'title', 'name')`],
  convertField: ['backfill', `firestore.convertField('Chats/{id}', 'unread', { from: 'int', to: 'string' })`],
  convertBeside: [
    'backfill',
    `firestore.convertField('Chats/{id}', 'unread', { from: 'int', to: 'string', strategy: 'beside', as: 'waiting' })`,
  ],
  transformDocuments: [
    'backfill',
    `firestore.transformDocuments('Chats/{id}', { reads: ['unread'], marker: { field: 'shape', value: 2 }, up: (chat) => ({ ...chat, unread: Number(chat.unread) + 1 }), down: (chat) => ({ ...chat, unread: Number(chat.unread) - 1 }) })`,
  ],
  splitDocument: [
    'backfill',
    `firestore.splitDocument('Chats/{id}', { into: 'Phones/{id}', fields: ['phone', 'title'] })`,
  ],
  renameCollection: ['backfill', `firestore.renameCollection('Chats/{id}', 'Talks/{id}')`],
} as const satisfies Record<string, readonly [phase: string, step: string]>

type Name = keyof typeof operations
const names = (Object.keys(operations) as Name[]).filter((name) => values.only?.split(',').includes(name) ?? true)

async function runOnce(stores: BenchStores, contender: Contender, project: string): Promise<Measurement> {
  const task = { host: stores.host, project, collection: 'Chats', count }
  await seedDocuments(task)
  const database = await stores.createDatabase()
  const measured = await runContender(contender, { ...task, url: database.url })
  await dropDocuments(task)
  await database.drop()
  return measured
}

const raw: Contender = { name: 'raw scan', program: 'raw-scan' }
const contenders: readonly Contender[] = [
  raw,
  ...names.map((name) => ({ name, program: 'lockstep-operation', options: { step: operations[name][1] } })),
]
const stores = await startStores()
try {
  const results = new Map<string, Measurement[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const measured = await runOnce(
        stores,
        contender,
        `bench-${contender.name.replace(' ', '-').toLowerCase()}-${round}`,
      )
      // The first round only warms the servers.
      if (round > 0) results.get(contender.name)?.push(measured)
      console.error(
        `round ${round}: ${contender.name} ${measured.seconds.toFixed(2)} s ${JSON.stringify(measured.parts ?? {})}`,
      )
    }
  }
  const lines: readonly Line[] = [...results].flatMap(([name, rounds]) => {
    if (!Object.hasOwn(operations, name)) return [{ name, seconds: rounds.map(({ seconds }) => seconds) }]
    const [phase] = operations[name as Name]
    const part = (of: string): Line => ({
      name: `${name}: ${of}`,
      seconds: rounds.map(({ parts }) => parts?.[of] ?? Number.NaN),
    })
    return [part(`${phase} pass`), part(phase)]
  })
  console.log(
    `\n${count} documents, ${values.rounds} rounds; the pass that writes, and its phase with job engine and sweeps; ratios are medians:\n`,
  )
  console.log(renderRatios(lines, ['raw scan']))
} finally {
  await stores.stop()
}
