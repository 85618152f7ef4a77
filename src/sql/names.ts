import type { ColumnRef, FuncCall, Node, RangeVar, TypeName } from 'libpg-query'
import { asNode, nodesIn } from './tree.ts'

/** The strings of a list of names: `['public', 'users']`. */
export function stringsOf(list: readonly Node[] | undefined): readonly string[] {
  return nodesIn(list, 'String').flatMap(({ sval }) => sval ?? [])
}

/** A table's full name; what has no schema counts as in public. */
export function tableName(relation: RangeVar | undefined): string {
  return `${relation?.schemaname ?? 'public'}.${relation?.relname ?? ''}`
}

/** The same from a list of names, as DROP TABLE has it. */
export function listedName(node: Node | undefined): string {
  const names = stringsOf(asNode(node, 'List')?.items ?? asNode(node, 'ObjectWithArgs')?.objname ?? nameless(node))
  return names.length < 2 ? `public.${names[0] ?? ''}` : names.slice(-2).join('.')
}

function nameless(node: Node | undefined): readonly Node[] | undefined {
  return asNode(node, 'TypeName')?.names ?? (node === undefined ? undefined : [node])
}

/** A name for people: without the schema public. */
export function shown(name: string): string {
  return name.replace(/^public\./, '')
}

/** A type's name in lower case without schema: `int4`, `vector`, `varchar`. */
export function typeName(type: TypeName | undefined): string {
  return stringsOf(type?.names).at(-1)?.toLowerCase() ?? ''
}

/** The whole numbers in a type's brackets: `[1536]` of `vector(1536)`. */
export function typeArguments(type: TypeName | undefined): readonly number[] {
  return nodesIn(type?.typmods, 'A_Const').flatMap(({ ival }) => (ival === undefined ? [] : (ival.ival ?? 0)))
}

/** A type as it might be written, `vector(1536)`. */
export function printType(type: TypeName | undefined): string {
  const numbers = typeArguments(type)
  return `${typeName(type)}${numbers.length === 0 ? '' : `(${numbers.join(', ')})`}`
}

/** The called function's name without its schema. */
export function functionName(call: FuncCall): string {
  return stringsOf(call.funcname).at(-1)?.toLowerCase() ?? ''
}

/** The parts of a reference to a column: `['e', 'content']`. */
export function columnPath(ref: ColumnRef): readonly string[] {
  return stringsOf(ref.fields)
}

/** The operator's name of an expression's list of names. */
export function operatorName(list: readonly Node[] | undefined): string {
  return stringsOf(list).at(-1) ?? ''
}

/** The text of a string constant. */
export function constantText(node: Node | undefined): string | undefined {
  const constant = asNode(node, 'A_Const')
  if (constant === undefined) return asNode(node, 'String')?.sval
  return constant.sval === undefined ? undefined : (constant.sval.sval ?? '')
}
