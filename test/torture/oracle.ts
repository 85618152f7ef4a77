import type { Json } from '../../src/kernel/canonical-json.ts'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { unpackPreImages } from '../../src/archive/pre-images.ts'
import { canonicalJson } from '../../src/kernel/canonical-json.ts'
import { sha256 } from '../../src/kernel/checksum.ts'
import type { DocumentWriter } from '../../src/stores/documents.ts'

const groups = ['Users', 'Roles', 'Whatsapp_Data', 'chats', 'messages', 'templates']

/** Every document's digest and, apart from it, its language: what the stores say, not what Lockstep says. */
export interface Picture {
  readonly documents: ReadonlyMap<string, { readonly rest: string; readonly language: string | undefined }>
  readonly functions: readonly string[]
}

export async function takePicture(documents: DocumentWriter, url: string): Promise<Picture> {
  const found = new Map<string, { rest: string; language: string | undefined }>()
  for (const collection of groups) {
    for await (const document of documents.scan({ parent: '', collection, descendants: true }, {})) {
      const { language, ...rest } = document.fields
      found.set(document.name, {
        rest: sha256(canonicalJson(rest)),
        language: language === undefined ? undefined : canonicalJson(language),
      })
    }
  }
  const rows = await ask(
    url,
    "select pg_get_functiondef(oid) as text from pg_proc where pronamespace = 'public'::regnamespace and prokind = 'f' and probin is null order by 1",
  )
  return { documents: found, functions: rows.map((row) => String(row['text'])) }
}

export async function ask(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

/** Names of documents that the simulators wrote, from their own journals. */
export async function touchedBy(journals: readonly string[]): Promise<ReadonlySet<string>> {
  const touched = new Set<string>()
  for (const file of journals) {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const target = /"target":"([^"]+)"/.exec(line)?.[1]
      if (target !== undefined) touched.add(target)
    }
  }
  return touched
}

/** Tables of tenants that are not in the shape: the column and a valid index on it are there, or both are not. */
export function misshapenTables(url: string, shape: 'new' | 'old'): Promise<readonly Record<string, unknown>[]> {
  const column = `exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'language' and not a.attisdropped)`
  const index = `exists (select from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attname = 'language' and i.indkey::text = a.attnum::text
                         where i.indrelid = c.oid and i.indisvalid)`
  const wrong = shape === 'new' ? `not ${column} or not ${index}` : column
  return ask(
    url,
    `select c.relname from pg_class c where c.relkind = 'r' and c.relname ~ '^user_table_[0-9a-f]{32}$' and (${wrong})`,
  )
}

/**
 * How often each document or function was changed on the way there, by the ledger's pre-images; of a table, how often
 * by the same pass: a runner that takes up the work of another keeps the shape again before its first pass.
 */
export async function timesChanged(url: string): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>()
  const rows = await ask(
    url,
    `select p.payload, p.unapplied from lockstep.pre_images p join lockstep.shards s on s.id = p.shard
     where s.phase <> 'revert' and p.run = (select id from lockstep.runs order by created_at desc limit 1)`,
  )
  for (const row of rows) {
    const unapplied = new Set((row['unapplied'] ?? []) as readonly number[])
    const images = unpackPreImages(row['payload'] as Buffer)
    for (const [index, image] of images.entries())
      if (!unapplied.has(index)) {
        const key = [image.name, ...passOf(image.after)].join(' by ')
        times.set(key, (times.get(key) ?? 0) + 1)
      }
  }
  return times
}

function passOf(after: Json): readonly string[] {
  const pass = typeof after === 'object' && after !== null && 'pass' in after ? after['pass'] : undefined
  return typeof pass === 'string' ? [pass] : []
}
