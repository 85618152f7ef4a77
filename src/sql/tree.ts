import type { Node } from 'libpg-query'

/** The name of a kind of node in Postgres' parse tree, `IndexStmt` for one. */
export type NodeTag = Node extends infer Each ? (Each extends Node ? keyof Each : never) : never

/** What a node of that name holds. */
export type NodeOf<Tag extends NodeTag> = Extract<Node, Record<Tag, unknown>>[Tag]

/** The name of a node. */
export function tagOf(node: Node): NodeTag {
  return Object.keys(node)[0] as NodeTag
}

/** What the node holds if it is of that name. */
export function asNode<Tag extends NodeTag>(node: Node | undefined, tag: Tag): NodeOf<Tag> | undefined {
  return node !== undefined && tag in node ? (Reflect.get(node, tag) as NodeOf<Tag>) : undefined
}

/** What each node of that name in a list holds. */
export function nodesIn<Tag extends NodeTag>(list: readonly Node[] | undefined, tag: Tag): readonly NodeOf<Tag>[] {
  return (list ?? []).flatMap((node) => asNode(node, tag) ?? [])
}

/** What every node of that name holds, anywhere in the tree, outer ones first. */
export function findNodes<Tag extends NodeTag>(root: unknown, tag: Tag): readonly NodeOf<Tag>[] {
  const found: NodeOf<Tag>[] = []
  walk(root, (name, node) => {
    if (name === tag) found.push(node as NodeOf<Tag>)
  })
  return found
}

/** Calls `visit` with the name and content of every node in the tree; `false` leaves out what is below it. */
export function walk(root: unknown, visit: (tag: string, node: object) => boolean | void): void {
  if (Array.isArray(root)) {
    for (const each of root as readonly unknown[]) walk(each, visit)
    return
  }
  if (typeof root !== 'object' || root === null) return
  for (const [key, value] of Object.entries(root)) {
    const named = /^[A-Z]/.test(key) && typeof value === 'object' && value !== null
    if (named && visit(key, value as object) === false) continue
    walk(value, visit)
  }
}

/** The tree without positions: equal for what is written alike. */
export function printTree(root: unknown): string {
  return JSON.stringify(root, (key, value: unknown) => (key.endsWith('location') ? undefined : value)) ?? ''
}
