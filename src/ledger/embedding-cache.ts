import type { DeadLetter, DeadLetters, EmbeddingCache } from '../embeddings/cache.ts'
import type { EmbeddingModel } from '../embeddings/embedder.ts'
import type { Queryable, TableWriter } from '../stores/tables.ts'

/** Bytes of vectors in one statement, about. */
const statementBytes = 4_000_000

/** Vectors in `lockstep.embeddings`, as floats of four bytes, big end first: the form Postgres has in binary COPY. */
export function createLedgerCache(tables: TableWriter): EmbeddingCache {
  return {
    async read(model, hashes) {
      const rows = await tables.read((q) =>
        q.query<{ hash: string; vector: Buffer }>(
          `select encode(e.hash, 'hex') as hash, e.vector
           from unnest($2::text[]) as asked (hash)
           join lockstep.embedding_models m on m.key = $1
           join lockstep.embeddings e on e.model = m.id and e.hash = decode(asked.hash, 'hex')`,
          [model.key, hashes],
        ),
      )
      return new Map(rows.map(({ hash, vector }) => [hash, decodeVector(vector)]))
    },
    async known(model, hashes) {
      const rows = await tables.read((q) =>
        q.query<{ hash: string }>(
          `select asked.hash from unnest($2::text[]) as asked (hash)
           join lockstep.embedding_models m on m.key = $1
           join lockstep.embeddings e on e.model = m.id and e.hash = decode(asked.hash, 'hex')`,
          [model.key, hashes],
        ),
      )
      return new Set(rows.map(({ hash }) => hash))
    },
    async write(model, vectors) {
      const rows = [...vectors]
      const each = Math.max(1, Math.floor(statementBytes / (model.dimensions * 4)))
      await tables.transaction(async (q) => {
        const id = await modelId(q, model)
        for (let at = 0; at < rows.length; at += each) {
          const some = rows.slice(at, at + each)
          await q.query(
            `insert into lockstep.embeddings (model, hash, vector)
             select $1, decode(hash, 'hex'), decode(vector, 'base64') from unnest($2::text[], $3::text[]) as new (hash, vector)
             on conflict do nothing`,
            [id, some.map(([hash]) => hash), some.map(([, vector]) => encodeVector(vector).toString('base64'))],
          )
        }
      })
    },
  }
}

/** Refused texts in `lockstep.embedding_dead_letters`. */
export function createLedgerDeadLetters(tables: TableWriter): DeadLetters {
  return {
    async read(model, hashes) {
      const rows = await tables.read((q) =>
        q.query<{ hash: string; reason: string; tries: number }>(
          `select encode(d.hash, 'hex') as hash, d.reason, d.tries
           from unnest($2::text[]) as asked (hash)
           join lockstep.embedding_models m on m.key = $1
           join lockstep.embedding_dead_letters d on d.model = m.id and d.hash = decode(asked.hash, 'hex')`,
          [model.key, hashes],
        ),
      )
      return new Map(rows.map((row): [string, DeadLetter] => [row.hash, row]))
    },
    async note(model, reasons) {
      await tables.transaction(async (q) => {
        await q.query(
          `insert into lockstep.embedding_dead_letters as d (model, hash, reason, tries)
           select $1, decode(hash, 'hex'), reason, 1 from unnest($2::text[], $3::text[]) as new (hash, reason)
           on conflict (model, hash) do update set reason = excluded.reason, tries = d.tries + 1, at = clock_timestamp()`,
          [await modelId(q, model), [...reasons.keys()], [...reasons.values()]],
        )
      })
    },
    async forget(model, hashes) {
      await tables.transaction((q) =>
        q.query(
          `delete from lockstep.embedding_dead_letters d using lockstep.embedding_models m
           where m.key = $1 and d.model = m.id and encode(d.hash, 'hex') = any ($2::text[])`,
          [model.key, hashes],
        ),
      )
    },
  }
}

async function modelId(q: Queryable, { key }: EmbeddingModel): Promise<number> {
  const found = 'select id from lockstep.embedding_models where key = $1'
  const [row] = await q.query<{ id: number }>(found, [key])
  if (row !== undefined) return row.id
  await q.query('insert into lockstep.embedding_models (key) values ($1) on conflict do nothing', [key])
  const [made] = await q.query<{ id: number }>(found, [key])
  return made?.id ?? 0
}

function encodeVector(vector: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(vector.length * 4)
  for (const [at, value] of vector.entries()) bytes.writeFloatBE(value, at * 4)
  return bytes
}

function decodeVector(bytes: Buffer): Float32Array {
  const vector = new Float32Array(bytes.length / 4)
  for (let at = 0; at < vector.length; at++) vector[at] = bytes.readFloatBE(at * 4)
  return vector
}
