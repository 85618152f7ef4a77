import type { CreateFunctionStmt, FunctionParameter, Node, TypeName, VariableSetStmt } from 'libpg-query'
import { LockstepError } from '../../../kernel/errors.ts'
import { parseTableName, quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import type { Attributes } from './function-state.ts'

export interface FileParameter {
  readonly name: string
  readonly mode: 'i' | 'o' | 'b' | 'v' | 't'
  /** As SQL reads it. */
  readonly type: string
  readonly default: boolean
}

/** The function statement of a file, as its text states it and nothing more. */
export interface FunctionFile {
  /** Undefined where the file leaves the schema to the step. */
  readonly schema: string | undefined
  readonly name: string
  readonly kind: 'function' | 'procedure'
  readonly parameters: readonly FileParameter[]
  /** Undefined for procedures, and where OUT parameters say it. */
  readonly result: string | undefined
  readonly set: boolean
  readonly language: string
  /** Undefined for a body of the form BEGIN ATOMIC or RETURN. */
  readonly body: string | undefined
  readonly stated: Stated
  /** The text from the bracket of the parameters on. */
  readonly rest: string
}

/** Attributes the file writes down; settings by name, with their value where it is a constant. */
export type Stated = Partial<Omit<Attributes, 'settings'>> & {
  readonly settings: ReadonlyMap<string, string | undefined>
}

/** Reads the one function statement of a file, with Postgres' own grammar. Throws LS-2602. */
export async function parseFunctionFile(text: string, path: string): Promise<FunctionFile> {
  const { loadModule, parseSync, parsePlPgSQLSync, scanSync } = await import('libpg-query')
  await loadModule()
  const statements = attempt(path, () => parseSync(text)).stmts ?? []
  const found = statements.flatMap(({ stmt }) =>
    stmt !== undefined && 'CreateFunctionStmt' in stmt ? [stmt.CreateFunctionStmt] : [],
  )
  const [statement] = found
  if (statement === undefined) throw invalid(path, 'it has no CREATE FUNCTION', 'write the whole statement there')
  if (found.length > 1)
    throw invalid(path, `it has ${found.length} functions`, 'give each a file and a step of its own')
  if (statements.length > 1) {
    throw invalid(
      path,
      'it has other statements beside the function',
      'take them out: owner, grants and comment stay as they are; the option execute says who may call it',
    )
  }
  const first = scanSync(text).tokens.find((token) => token.text === '(')
  const rest = Buffer.from(text).subarray(first?.start).toString().trimEnd().replace(/;$/, '')
  const file = describe(statement, rest)
  if (file.language === 'plpgsql') attempt(path, () => parsePlPgSQLSync(text))
  else if (file.language === 'sql' && file.body !== undefined) attempt(path, () => parseSync(file.body ?? ''))
  return file
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new LockstepError('LS-2602', `${path} is not SQL that Postgres can read: ${message}`, {
      where: { name: path },
      hint: 'mend the file; psql shows the place',
      cause,
    })
  }
}

function invalid(path: string, why: string, hint: string): LockstepError {
  return new LockstepError('LS-2602', `${path} cannot replace a function: ${why}`, { where: { name: path }, hint })
}

function describe(statement: CreateFunctionStmt, rest: string): FunctionFile {
  const names = stringsIn(statement.funcname)
  const parameters = (statement.parameters ?? []).flatMap((node) =>
    'FunctionParameter' in node ? [parameterOf(node.FunctionParameter)] : [],
  )
  const body = option(statement, 'as')
  return {
    schema: names.length > 1 ? names[0] : undefined,
    name: names.at(-1) ?? '',
    kind: statement.is_procedure === true ? 'procedure' : 'function',
    parameters,
    result: statement.returnType === undefined ? undefined : typeText(statement.returnType),
    set: statement.returnType?.setof === true,
    language: (stringOf(option(statement, 'language')) ?? 'sql').toLowerCase(),
    body: body !== undefined && 'List' in body ? stringsIn(body.List.items)[0] : undefined,
    stated: statedIn(statement),
    rest,
  }
}

const modes = {
  FUNC_PARAM_IN: 'i',
  FUNC_PARAM_DEFAULT: 'i',
  FUNC_PARAM_OUT: 'o',
  FUNC_PARAM_INOUT: 'b',
  FUNC_PARAM_VARIADIC: 'v',
  FUNC_PARAM_TABLE: 't',
} as const

function parameterOf({ name, mode, argType, defexpr }: FunctionParameter): FileParameter {
  return {
    name: name ?? '',
    mode: modes[mode ?? 'FUNC_PARAM_DEFAULT'],
    type: argType === undefined ? '' : typeText(argType),
    default: defexpr !== undefined,
  }
}

/** Without length or precision, which functions do not keep. */
function typeText(type: TypeName): string {
  const name = stringsIn(type.names).map(quoteIdentifier).join('.')
  return name + ((type.arrayBounds ?? []).length > 0 ? '[]' : '')
}

function option({ options }: CreateFunctionStmt, name: string): Node | undefined {
  return definitions(options).findLast((each) => each.defname === name)?.arg
}

function definitions(options: readonly Node[] | undefined) {
  return (options ?? []).flatMap((node) => ('DefElem' in node ? [node.DefElem] : []))
}

function stringsIn(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).flatMap((node) => stringOf(node) ?? [])
}

function stringOf(node: Node | undefined): string | undefined {
  return node !== undefined && 'String' in node ? (node.String.sval ?? '') : undefined
}

function booleanOf(node: Node | undefined): boolean | undefined {
  return node !== undefined && 'Boolean' in node ? node.Boolean.boolval === true : undefined
}

function numberOf(node: Node | undefined): number | undefined {
  if (node === undefined) return undefined
  if ('Integer' in node) return node.Integer.ival ?? 0
  return 'Float' in node ? Number(node.Float.fval) : undefined
}

function statedIn(statement: CreateFunctionStmt): Stated {
  const support = option(statement, 'support')
  const found = {
    definer: booleanOf(option(statement, 'security')),
    volatility: stringOf(option(statement, 'volatility')) as Attributes['volatility'] | undefined,
    strict: booleanOf(option(statement, 'strict')),
    leakproof: booleanOf(option(statement, 'leakproof')),
    parallel: stringOf(option(statement, 'parallel')) as Attributes['parallel'] | undefined,
    cost: numberOf(option(statement, 'cost')),
    rows: numberOf(option(statement, 'rows')),
    support: support !== undefined && 'List' in support ? stringsIn(support.List.items).join('.') : undefined,
  }
  const known = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
  const settings = definitions(statement.options).flatMap(({ defname, arg }) =>
    defname === 'set' && arg !== undefined && 'VariableSetStmt' in arg ? [settingOf(arg.VariableSetStmt)] : [],
  )
  return { ...known, settings: new Map(settings) }
}

function settingOf({ name, kind, args }: VariableSetStmt): readonly [string, string | undefined] {
  const values = (args ?? []).flatMap((node) =>
    'A_Const' in node && node.A_Const.sval !== undefined ? [node.A_Const.sval.sval ?? ''] : [],
  )
  const constant = kind === 'VAR_SET_VALUE' && values.length === (args ?? []).length
  return [(name ?? '').toLowerCase(), constant ? values.join(', ') : undefined]
}

/** The step's name of a function: with or without the types of its arguments. */
export interface NamedFunction extends TableName {
  /** The text between the brackets; undefined without brackets. */
  readonly types: string | undefined
}

export function parseFunctionName(text: string): NamedFunction {
  const bracket = text.indexOf('(')
  const name = parseTableName((bracket < 0 ? text : text.slice(0, bracket)).trim())
  return { ...name, types: bracket < 0 ? undefined : text.slice(bracket + 1, text.lastIndexOf(')')).trim() }
}
