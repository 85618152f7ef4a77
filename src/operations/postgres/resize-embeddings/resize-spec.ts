import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { TableTarget } from '../../../tenants/tenants-config.ts'
import type { ReadText } from '../../operation.ts'
import { targetForm } from '../../step-target.ts'
import { functionsForm, parseFunctions } from './search-functions.ts'
import type { ParsedFunction, SearchFunction } from './search-functions.ts'
import { checksForm, wrongChecks } from './vector-checks.ts'
import type { VectorChecks } from './vector-checks.ts'

/** The index of the new column: as its size asks for it, none, or HNSW with these settings. */
export type VectorIndex =
  | 'auto'
  | 'none'
  | 'hnsw'
  | { readonly m?: number | undefined; readonly efConstruction?: number | undefined }

export interface ResizeEmbeddingsOptions {
  /** The column of vectors. */
  readonly column: string
  /** The column whose text is embedded. */
  readonly from?: string | undefined
  /** The configured embedder of the new vectors; without it they follow from the old ones, with no call of any API. */
  readonly embedder?: string | undefined
  /** The configured embedder of the old vectors: those that clients write during the soak are then kept for `down`. */
  readonly was?: string | undefined
  /** The model of old and new vectors, where they are shortened: one that is known to allow it. */
  readonly within?: string | undefined
  readonly dimensions?: number | undefined
  readonly type?: 'vector' | 'halfvec' | undefined
  readonly index?: VectorIndex | undefined
  /** Functions that take a query vector and search: until `complete` they serve clients of both models. */
  readonly functions?: readonly (string | SearchFunction)[] | undefined
  /** Whether clients of both models find each table as a view in schema `lockstep_both` that takes vectors of either. */
  readonly view?: boolean | undefined
  /** What a table has to reach before it is switched. */
  readonly verify?: VectorChecks | undefined
}

export interface ResizeEmbeddingsSpec {
  readonly target: TableTarget
  readonly options: ResizeEmbeddingsOptions
  readonly functions?: readonly ParsedFunction[]
}

const specForm = z.object({
  target: targetForm,
  options: z.strictObject({
    column: z.string().min(1),
    from: z.string().min(1).optional(),
    embedder: z.string().min(1).optional(),
    was: z.string().min(1).optional(),
    within: z.string().min(1).optional(),
    dimensions: z.int().min(1).max(16_000).optional(),
    type: z.enum(['vector', 'halfvec']).optional(),
    index: z
      .union([
        z.enum(['auto', 'none', 'hnsw']),
        z.strictObject({ m: z.int().min(2).max(100).optional(), efConstruction: z.int().min(4).max(1000).optional() }),
      ])
      .optional(),
    functions: functionsForm.optional(),
    view: z.boolean().optional(),
    verify: checksForm.optional(),
  }),
})

/** Models whose first dimensions are a model of their own: a vector is shortened without asking anyone. */
const shortenable: ReadonlySet<string> = new Set([
  'text-embedding-3-small',
  'text-embedding-3-large',
  'gemini-embedding-001',
  'voyage-4-large',
  'voyage-4',
  'voyage-4-lite',
  'voyage-3.5',
  'embed-v4.0',
])

/** Throws LS-2002 that names the part at fault. */
export function parseResize(spec: unknown, readText?: ReadText): ResizeEmbeddingsSpec {
  if (namesDistance(spec)) throw distanceStays()
  const parsed = specForm.safeParse(spec)
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error))
  const { options } = parsed.data
  quoteIdentifier(options.column)
  if (options.from !== undefined) quoteIdentifier(options.from)
  const of = { embedder: options.embedder, fleet: 'tenants' in parsed.data.target }
  const wrong =
    wrongTexts(options) ??
    wrongView(options) ??
    wrongSource(options) ??
    wrongIndex(options) ??
    wrongChecks(options.verify ?? {}, of)
  if (wrong !== undefined) throw invalid(wrong)
  const functions = parseFunctions(options.functions, readText)
  return functions.length === 0 ? parsed.data : { ...parsed.data, functions }
}

const distanceWords = ['distance', 'metric', 'operator', 'operatorClass', 'opclass'] as const

/** What people write where they expect to choose the distance as well. */
function namesDistance(spec: unknown): boolean {
  const options = memberOf(spec, 'options')
  return [options, memberOf(options, 'index')].some((each) =>
    distanceWords.some((word) => memberOf(each, word) !== undefined),
  )
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined
}

function distanceStays(): LockstepError {
  return new LockstepError('LS-2002', 'resizeEmbeddings: vectors and distance are not changed at once', {
    why: 'if searches got worse, nobody could tell by which of the two',
    hint: "take it out: the index keeps its distance; in a migration of its own, postgres.addIndex('documents', 'embedding', { using: 'hnsw', opclass: 'vector_ip_ops' })",
  })
}

function wrongTexts({ column, from, was }: ResizeEmbeddingsOptions): string | undefined {
  if (from === column) return 'from names the column whose text is embedded, not the vectors'
  return was !== undefined && from === undefined ? 'was needs from, the column of texts' : undefined
}

/** A vector that a view leaves away has to be made by someone. */
function wrongView({ view, embedder }: ResizeEmbeddingsOptions): string | undefined {
  return view === true && embedder === undefined ? 'a view for clients of both models needs an embedder' : undefined
}

/** Where the new vectors come from is said once, and said whole. */
function wrongSource(options: ResizeEmbeddingsOptions): string | undefined {
  const { from, embedder, dimensions, type, within, index } = options
  if (embedder !== undefined) {
    const isWhole = from !== undefined && dimensions !== undefined && within === undefined
    return isWhole ? undefined : 'an embedder needs from, the column of texts, and dimensions, and no within'
  }
  if (index !== undefined && type === undefined && dimensions === undefined && within === undefined)
    return wrongAlone(options)
  if ((dimensions === undefined) !== (within === undefined) || (within === undefined && type === undefined)) {
    return 'without an embedder, name a type to cast to, or dimensions and within, the model in which they are cut'
  }
  return within === undefined || shortenable.has(within)
    ? undefined
    : `vectors of ${within} are not known to be good for anything once shortened`
}

/** Of a change of the index alone. */
function wrongAlone({ from, was, functions, index, verify = {} }: ResizeEmbeddingsOptions): string | undefined {
  if (index === 'auto')
    return "an index alone is changed to 'hnsw', its settings or 'none': what auto is may change with the rows"
  if (from !== undefined || was !== undefined || functions !== undefined)
    return 'an index alone is changed with column, index and verify, for vectors stay as they are'
  const { query, queryBefore, latency, golden, searches } = verify
  return [query, queryBefore, latency, golden, searches].every((each) => each === undefined)
    ? undefined
    : 'of an index alone verify asks for recall, k and probes'
}

function wrongIndex({ index }: ResizeEmbeddingsOptions): string | undefined {
  const isWrong = typeof index === 'object' && (index.efConstruction ?? 64) < 2 * (index.m ?? 16)
  return isWrong ? 'efConstruction has to be at least twice m' : undefined
}

function invalid(what: string): LockstepError {
  return new LockstepError('LS-2002', `resizeEmbeddings: ${what}`, {
    hint: "write postgres.resizeEmbeddings('documents', { column: 'embedding', from: 'content', embedder: 'large', dimensions: 3072 })",
  })
}
