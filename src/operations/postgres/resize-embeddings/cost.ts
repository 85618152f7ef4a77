import { quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import { estimateEmbedding, lengthClasses } from '../../../embeddings/estimate.ts'
import type { LengthClass } from '../../../embeddings/estimate.ts'
import { loadTokenCounter } from '../../../embeddings/tokenizer.ts'
import type { Effect, Look } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { groupsOf } from '../../table-targets.ts'
import { hasContent } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'

/** Tables asked in one statement. */
const tablesAsked = 50

const common = { lock: 'none', disk: 0, statements: [] } as const

/** What goes to the provider. Reads each text once. */
export async function callEffects(
  change: VectorChange,
  tables: readonly TableState[],
  look: Look,
): Promise<readonly Effect[]> {
  const { embedder: name, from } = change.spec.options
  if (name === undefined || from === undefined || tables.length === 0) return []
  const embedder = await look.embedder?.(name)
  const terms = embedder?.terms ?? { limits: { itemsPerCall: 1_000, tokensPerCall: Infinity }, usdPerMillionTokens: 0 }
  const { rows, classes } = await countTexts(tables, from, look)
  const countTokens = await loadTokenCounter()
  const { texts, tokens, usd, calls, minutes, boundBy } = estimateEmbedding({ classes, terms, countTokens })
  const cost = usd === undefined ? 'at a price nobody told' : `for ${dollars(usd.low)} to ${dollars(usd.high)}`
  const priced = terms.pricedOn === undefined ? '' : ` (prices of ${terms.pricedOn})`
  return [
    {
      ...common,
      phase: 'backfill',
      what: `embed ${texts} different texts of ${rows} by ${name}: ${tokens.low} to ${tokens.high} tokens in ${calls} calls or more, ${cost}${priced}; bound by ${boundBy}`,
      count: { value: texts, source: 'counted' },
      unit: 'rows',
      seconds: [minutes.low * 60, minutes.high * 60],
      secondsSource: 'sampled',
      cost: usd?.likely ?? 0,
      undo: 'answers stay in the cache',
      figures: {
        rows,
        texts,
        tokensLow: tokens.low,
        tokensHigh: tokens.high,
        calls,
        ...(usd === undefined ? {} : { usdLow: usd.low, usdHigh: usd.high }),
        minutesLow: minutes.low,
        minutesHigh: minutes.high,
      },
    },
  ]
}

function dollars(amount: number): string {
  return `$${amount.toFixed(amount < 1 ? 4 : 2)}`
}

const bounds = [...lengthClasses, Infinity]

/** Tables, the largest, of which texts are sampled, and texts of each of their length classes. */
const tablesSampled = 5
const textsSampled = 100

/** Texts of equal content within fifty tables count as one: among more, the cache will find more. */
async function countTexts(
  tables: readonly TableState[],
  from: string,
  look: Look,
): Promise<{ readonly rows: number; readonly classes: readonly LengthClass[] }> {
  const text = `${quoteIdentifier(from)}::text`
  const found = bounds.map(() => ({ texts: 0, bytes: 0 }))
  let rows = 0
  for (const group of groupsOf(tables, tablesAsked)) {
    const parts = group.map(
      (table) =>
        `select pg_catalog.md5(${text}) as hash, pg_catalog.octet_length(${text}) as bytes from ${quoteTable(table)} where ${hasContent(text)}`,
    )
    const counted = await look.tables.read((q) =>
      q.query<{ class: number; rows: number; texts: number; bytes: number }>(
        `select pg_catalog.width_bucket(bytes - 1, array[${lengthClasses.join(', ')}])::int as class, sum(n)::float8 as rows, count(*)::float8 as texts,
                sum(bytes)::float8 as bytes
         from (select hash, count(*) as n, max(bytes) as bytes from (${parts.join(' union all ')}) texts group by hash) t group by 1`,
      ),
    )
    for (const each of counted) {
      rows += each.rows
      const sum = found[each.class]
      if (sum === undefined) continue
      sum.texts += each.texts
      sum.bytes += each.bytes
    }
  }
  const samples = await sampleTexts(tables, text, look)
  return { rows, classes: found.map((each, at) => ({ ...each, samples: samples[at] ?? [] })) }
}

async function sampleTexts(
  tables: readonly TableState[],
  text: string,
  look: Look,
): Promise<readonly (readonly string[])[]> {
  const largest = tables.toSorted((a, b) => b.bytes - a.bytes).slice(0, tablesSampled)
  const parts = largest.flatMap((table) =>
    bounds.map((bound, at) => {
      const [low, high] = [
        bounds[at - 1] ?? 0,
        bound === Infinity ? '' : ` and pg_catalog.octet_length(${text}) <= ${bound}`,
      ]
      return `(select ${at}::int as class, ${text} as text from ${quoteTable(table)} where ${hasContent(text)} and pg_catalog.octet_length(${text}) > ${low}${high} limit ${textsSampled})`
    }),
  )
  const rows = await look.tables.read((q) =>
    q.query<{ class: number; text: string }>(`select distinct class, text from (${parts.join(' union all ')}) s`),
  )
  return bounds.map((_, at) => rows.flatMap((row) => (row.class === at ? [row.text] : [])))
}
