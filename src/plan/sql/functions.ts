import type { CreateFunctionStmt, DefElem } from 'libpg-query'
import { printType, stringsOf, typeName } from '../../sql/names.ts'
import { asNode, nodesIn } from '../../sql/tree.ts'

/** What CREATE FUNCTION says of the function itself. */
export interface FunctionHead {
  /** With its schema; public where it names none. */
  readonly name: string
  /** The types of what it is called with. */
  readonly arguments: readonly string[]
  readonly returns: string
  readonly language: string
  readonly definer: boolean
  readonly volatility: string | undefined
  /** Names of the settings that it carries. */
  readonly settings: readonly string[]
  /** The names of all parameters, those of a returned table included. */
  readonly parameters: readonly string[]
}

/** Reads the head of a CREATE FUNCTION or PROCEDURE. */
export function functionHead(create: CreateFunctionStmt): FunctionHead {
  const head = known.get(create) ?? readHead(create)
  known.set(create, head)
  return head
}

const known = new WeakMap<CreateFunctionStmt, FunctionHead>()

function readHead({ funcname, parameters, returnType, options }: CreateFunctionStmt): FunctionHead {
  const names = stringsOf(funcname)
  const given = nodesIn(parameters, 'FunctionParameter')
  const elements = nodesIn(options, 'DefElem')
  const option = (name: string): DefElem | undefined => elements.find(({ defname }) => defname === name)
  const settings = elements.filter(({ defname }) => defname === 'set')
  const calling = given.filter(({ mode }) => mode !== 'FUNC_PARAM_TABLE' && mode !== 'FUNC_PARAM_OUT')
  return {
    name: names.length < 2 ? `public.${names[0] ?? ''}` : names.join('.'),
    arguments: calling.map(({ argType }) => typeName(argType)),
    returns: `${returnType?.setof === true ? 'setof ' : ''}${printType(returnType)}`,
    language: asNode(option('language')?.arg, 'String')?.sval?.toLowerCase() ?? '',
    definer: asNode(option('security')?.arg, 'Boolean')?.boolval ?? false,
    volatility: asNode(option('volatility')?.arg, 'String')?.sval,
    settings: settings.flatMap(({ arg }) => asNode(arg, 'VariableSetStmt')?.name ?? []),
    parameters: given.flatMap(({ name }) => name ?? []),
  }
}

/** Whether a function is one of a trigger: nobody can call it. */
export function isTriggerFunction({ returns }: FunctionHead): boolean {
  return returns === 'trigger' || returns === 'event_trigger'
}
