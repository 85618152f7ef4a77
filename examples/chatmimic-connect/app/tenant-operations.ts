import { randomUUID } from 'node:crypto'
import { Timestamp } from '@google-cloud/firestore'
import { sqlState } from '../../../src/stores/tables.ts'
import { createRandom, randomId } from '../seed/random.ts'
import { tenantKey } from '../seed/tenant-plan.ts'
import { embedding } from '../seed/tenant-rows.ts'
import { companyName, knowledgeText } from '../seed/words.ts'
import { acknowledge, exactly, pickFrom, read, SimulatorError, write, type Call, type TenantState } from './session.ts'

const undefinedColumn = '42703'
const columns = ['company_info', 'services', 'communication_style', 'business_processes', 'integrations'] as const

/** A tenant of which nothing has been read yet. */
export const createTenantState = (uid: string): TenantState => ({
  uid,
  key: tenantKey(uid),
  chats: new Set(),
  deleted: new Set(),
  settings: new Set(),
  loaded: undefined,
})

export async function loadSettings(call: Call): Promise<void> {
  const { session, tenant } = call
  const { rows } = await read(call, () =>
    session.pg.query(`select id from user_table_${tenant.key} order by id limit 5`),
  )
  for (const row of rows) tenant.settings.add(Number(row['id']))
}

/** Changes one JSONB column of a settings row, as the app does: by id, with the client's own updated_at. */
export const saveSettings = (call: Call): Promise<void> =>
  onSettings(call, async (target, id) => {
    const { session, tenant, random } = call
    const column = random.pick(columns)
    const value = { name: companyName(random), revision: random.below(1e9), text: knowledgeText(random) }
    const updated_at = new Date().toISOString()
    const sql = `update user_table_${tenant.key} set ${column} = $1::text::jsonb, updated_at = $2 where id = $3 returning id`
    const fields = exactly({ [column]: value, updated_at })
    const { rows } = await write(call, { store: 'postgres', target, write: 'update', fields }, () =>
      session.pg.query(sql, [JSON.stringify(value), updated_at, id]),
    )
    if (rows.length === 0) throw new SimulatorError('MISSING', target, 'a row that nobody deleted is gone')
  })

/**
 * A new client reads and sometimes writes the tenant's language. While the column is not there (42703) the client
 * works without it, as before the migration.
 */
export const tenantLanguage = (call: Call): Promise<void> =>
  onSettings(call, async (target, id) => {
    const { session, tenant, random } = call
    const table = `user_table_${tenant.key}`
    try {
      const { rows } = await read(call, () => session.pg.query(`select language from ${table} where id = $1`, [id]))
      const found = rows[0]?.['language'] ?? 'en'
      if (typeof found !== 'string') throw new SimulatorError('WRONG_SHAPE', target, 'language is not a text')
      if (random.chance(0.5)) return
      const language = random.pick(['de', 'fr', 'es'])
      await write(call, { store: 'postgres', target, write: 'update', fields: exactly({ language }) }, () =>
        session.pg.query(`update ${table} set language = $1 where id = $2`, [language, id]),
      )
    } catch (error) {
      if (sqlState(error) !== undefinedColumn) throw error
    }
  })

async function onSettings(call: Call, work: (target: string, id: number) => Promise<void>): Promise<void> {
  const id = pickFrom(call.random, call.tenant.settings)
  if (id === undefined) return
  const target = `user_table_${call.tenant.key}#${id}`
  await call.session.lanes.run(target, () => work(target, id))
}

/** Stores a text with its embedding. */
export async function addEmbedding(call: Call): Promise<void> {
  const { random, tenant } = call
  const query_name = random.pick(['opening hours', 'prices', 'delivery'])
  const content = `${knowledgeText(random)} ${randomUUID()}`
  const vector = embedding(createRandom('topic', query_name), random, 1536)
  const table = `user_embeddings_${tenant.key}`
  await insertOnce(call, { table, unique: 'content', data: { content, query_name, embedding: vector } })
}

/** Asks for the stored texts nearest to a random one. */
export async function matchDocuments(call: Call): Promise<void> {
  const { session, tenant, random } = call
  const vector = embedding(createRandom('topic', 'prices'), random, 1536)
  const sql = 'select id, similarity from match_documents($1, $2, $3, $4)'
  const { rows } = await read(call, () => session.pg.query(sql, [vector, 0.1, 5, tenant.uid]))
  const similarities = rows.map((row) => Number(row['similarity']))
  const sorted = similarities.every((value, index) => index === 0 || value <= (similarities[index - 1] ?? 0))
  if (rows.length > 5 || !sorted)
    throw new SimulatorError('WRONG_SHAPE', 'match_documents', 'not the nearest five in order')
}

/** Someone signs up: first the tables, a moment later the user's document, then first settings. */
export async function signUp(call: Call): Promise<void> {
  const { session, random } = call
  const tenant = createTenantState(randomId(createRandom(randomUUID()), 28))
  const { rows } = await read(call, () => session.pg.query('select create_user_table($1) as made', [tenant.uid]))
  if (rows[0]?.['made'] !== true) throw new SimulatorError('WRONG_SHAPE', 'create_user_table', 'did not answer true')
  await new Promise((resolve) => setTimeout(resolve, 20 + random.below(180)))
  await createUser({ ...call, tenant })
  const company_info = { name: companyName(random) }
  const table = `user_table_${tenant.key}`
  tenant.settings.add(await insertOnce(call, { table, unique: 'company_info', data: { company_info } }))
  tenant.loaded = Promise.resolve()
  session.tenants.push(tenant)
}

async function createUser(call: Call): Promise<void> {
  const { session, tenant, random } = call
  const workflow = { executions_used: 0, limit: 100, reset_date: Timestamp.now(), paid: false, setup_completed: false }
  const user = {
    email: `${tenant.uid.toLowerCase()}@signup.example`,
    workflows: { whatsapp_agent: { ...workflow, sheetConfigs: [], lifecycleTagConfigs: [] } },
    credentials: {
      whatsappCredentials: { access_token: `FAKE-WHATSAPP-TOKEN-${random.below(1e9)}`, phone_number_id: 'FAKE' },
    },
  }
  const documents = { [`Users/${tenant.uid}`]: user, [`Roles/${tenant.uid}`]: { role: 'owner' } }
  for (const [target, data] of Object.entries(documents)) {
    await write(call, { store: 'firestore', target, write: 'set', fields: exactly(data) }, () =>
      session.firestore.doc(target).set(data),
    )
  }
}

interface Insert {
  readonly table: string
  /** A column whose value no other row has: an insert whose answer was lost is recognised by it. */
  readonly unique: string
  readonly data: Readonly<Record<string, string | object>>
}

/** One row, also where the answer to the first attempt is lost; returns its id. */
async function insertOnce(call: Call, { table, unique, data }: Insert): Promise<number> {
  const { pg } = call.session
  const names = Object.keys(data)
  const values = Object.values(data).map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
  const cast = (name: string): string => (typeof data[name] === 'string' ? '' : '::text::jsonb')
  const places = names.map((name, index) => `$${index + 1}${cast(name)}`)
  const vector = 'embedding' in data ? ', md5(embedding::text) as embedding' : ''
  const earlier = `select id${vector} from ${table} where ${unique} = $1${cast(unique)}`
  const insert = `insert into ${table} (${names.join(', ')}) values (${places.join(', ')}) returning id${vector}`
  let first = true
  const { rows } = await read(call, async () => {
    const found = first ? undefined : await pg.query(earlier, [values[names.indexOf(unique)]])
    first = false
    return found?.rows.length ? found : pg.query(insert, values)
  })
  const { id, ...stored } = rows[0] ?? {}
  const fields = exactly({ ...data, ...stored })
  acknowledge(call, { store: 'postgres', target: `${table}#${String(id)}`, write: 'set', fields })
  return Number(id)
}
