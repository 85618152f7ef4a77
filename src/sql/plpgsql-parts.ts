/** An expression or statement that PL/pgSQL leaves to SQL. */
export interface PlpgsqlPart {
  readonly query: string
  /** A whole statement, a value, or what follows `:=`. */
  readonly kind: 'statement' | 'expression' | 'assignment'
  /** Its value is a statement to be run. */
  readonly executed: boolean
  /** Counted from 1 from the line in which the body begins. */
  readonly line: number
  readonly inLoop: boolean
}

export interface PlpgsqlParts {
  readonly parts: readonly PlpgsqlPart[]
  /** First values of variables, as expressions. */
  readonly defaults: readonly (readonly [name: string, expression: string])[]
  /** Ends transactions inside of itself. */
  readonly commits: boolean
}

type Tree = Readonly<Record<string, unknown>>

const loops = /^PLpgSQL_stmt_(loop|while|fori|fors|forc|foreach_a|dynfors)$/
const executing = new Set([
  'PLpgSQL_stmt_dynexecute.query',
  'PLpgSQL_stmt_return_query.dynquery',
  'PLpgSQL_stmt_dynfors.query',
])

interface Around {
  /** The statement around it, and the name under which the value hangs in it. */
  readonly tag: string
  readonly key: string
  readonly line: number
  readonly inLoop: boolean
}

/** What a compiled PL/pgSQL body leaves to SQL, in the order of the text. */
export function partsOf(compiled: unknown): PlpgsqlParts {
  const parts: PlpgsqlPart[] = []
  const defaults: [string, string][] = []
  let commits = false
  const visit = (value: unknown, around: Around): void => {
    if (Array.isArray(value)) return value.forEach((each) => visit(each, around))
    if (typeof value !== 'object' || value === null) return
    for (const [key, child] of Object.entries(value as Tree)) {
      if (key === 'PLpgSQL_stmt_commit' || key === 'PLpgSQL_stmt_rollback') commits = true
      if (key === 'PLpgSQL_expr') parts.push(partOf(child as Tree, around))
      else visit(child, inside(key, child, around))
    }
  }
  const functions = (compiled as { readonly plpgsql_funcs?: readonly Tree[] }).plpgsql_funcs ?? []
  for (const each of functions) {
    const { datums, action } = each['PLpgSQL_function'] as Tree
    for (const datum of (datums ?? []) as readonly Tree[])
      defaults.push(...defaultOf(datum['PLpgSQL_var'] as Tree | undefined))
    visit(action, { tag: '', key: '', line: 1, inLoop: false })
  }
  return { parts, defaults, commits }
}

function inside(key: string, child: unknown, around: Around): Around {
  if (!key.startsWith('PLpgSQL_')) return { ...around, key }
  const { lineno } = child as { readonly lineno?: number }
  return { tag: key, key: '', line: lineno ?? around.line, inLoop: around.inLoop || loops.test(key) }
}

function partOf({ query, parseMode }: Tree, { tag, key, line, inLoop }: Around): PlpgsqlPart {
  const executed = executing.has(`${tag}.${key}`)
  const kind = parseMode === 0 ? 'statement' : parseMode === 2 ? 'expression' : 'assignment'
  // The rows of a loop are asked for once.
  const repeated = inLoop && !(loops.test(tag) && key === 'query')
  return { query: String(query), kind, executed, line, inLoop: repeated }
}

function defaultOf(variable: Tree | undefined): readonly [string, string][] {
  const value = (variable?.['default_val'] as Tree | undefined)?.['PLpgSQL_expr'] as Tree | undefined
  return value === undefined ? [] : [[String(variable?.['refname']), String(value['query'])]]
}
