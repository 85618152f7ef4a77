import type { FuncCall, Node } from 'libpg-query'
import { columnPath, constantText, functionName, operatorName } from './names.ts'
import { asNode, printTree } from './tree.ts'

/** Expressions by the variable they are the first value of, so that a name built in one place is known in another. */
export type Variables = ReadonlyMap<string, Node>

/**
 * The statement that an EXECUTE makes of an expression, as far as it can be told: what only the run knows stands in it
 * as a name in braces, and equal expressions have equal names. Undefined where nothing of it is known.
 */
export function dynamicText(expression: Node | undefined, variables: Variables): string | undefined {
  const text = constantText(expression)
  if (text !== undefined) return text
  const call = asNode(expression, 'FuncCall')
  if (call !== undefined) return calledText(call, variables)
  const joined = asNode(expression, 'A_Expr')
  if (joined !== undefined && operatorName(joined.name) === '||') {
    const [left, right] = [dynamicText(joined.lexpr, variables), dynamicText(joined.rexpr, variables)]
    return left === undefined && right === undefined
      ? undefined
      : `${left ?? standIn(joined.lexpr)}${right ?? standIn(joined.rexpr)}`
  }
  const name = nameOf(expression)
  const value = name === undefined ? undefined : variables.get(name)
  return value === undefined ? undefined : dynamicText(value, new Map([...variables].filter(([key]) => key !== name)))
}

function calledText(call: FuncCall, variables: Variables): string | undefined {
  switch (functionName(call)) {
    case 'format':
      return formatted(call.args ?? [], variables)
    case 'quote_ident':
    case 'quote_literal':
    case 'quote_nullable':
      return functionName(call) === 'quote_ident' ? standIn(call.args?.[0]) : "'x'"
    case 'concat':
      return (call.args ?? []).map((each) => dynamicText(each, variables) ?? standIn(each)).join('')
    default:
      return undefined
  }
}

/** What format() makes of its template. */
function formatted([template, ...given]: readonly Node[], variables: Variables): string | undefined {
  const text = dynamicText(template, variables)
  let next = 0
  return text?.replace(/%(?:(\d+)\$)?-?\d*([sIL%])/g, (_, position: string | undefined, kind: string) => {
    if (kind === '%') return '%'
    const argument = position === undefined ? given[next++] : given[Number(position) - 1]
    if (kind === 'L') return "'x'"
    return (kind === 's' ? dynamicText(argument, variables) : undefined) ?? standIn(argument)
  })
}

/** A quoted name for what is not known: that of the variable, or one that equal expressions share. */
function standIn(expression: Node | undefined): string {
  return `"{${(nameOf(expression) ?? hash(printTree(expression))).replaceAll('"', '')}}"`
}

/** Whether a name stands for one that only the run knows. */
export function isStandIn(name: string | undefined): boolean {
  return /\{.*\}/.test(name ?? '')
}

function nameOf(expression: Node | undefined): string | undefined {
  const ref = asNode(expression, 'ColumnRef')
  return ref === undefined ? undefined : columnPath(ref).join('.')
}

function hash(text: string): string {
  let sum = 7
  for (const letter of text) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 2_147_483_647
  return `=${sum.toString(36)}`
}
