import { LockstepError } from '../../kernel/errors.ts'
import type { FieldChange, FieldPath, Value } from '../documents.ts'
import type { RawFields, RawValue } from './protocol.ts'
import { encodeRaw, setOwn } from './value-codec.ts'

const simple = /^[a-zA-Z_][a-zA-Z_0-9]*$/

/** A field's path as the protocol writes it: `a.b` for plain keys, back-ticked where a key is not plain. */
export function renderFieldPath(path: FieldPath): string {
  if (path.length === 0 || path.includes('')) {
    throw new LockstepError('LS-2103', 'a field path or one of its keys is empty', { hint: 'name the field' })
  }
  return path.map((key) => (simple.test(key) ? key : `\`${key.replace(/[\\`]/g, '\\$&')}\``)).join('.')
}

/** The fields a projection asks for; none means names and versions only. */
export function renderMask(fields: readonly FieldPath[]): readonly string[] {
  return fields.length === 0 ? ['__name__'] : fields.map(renderFieldPath)
}

interface Branch {
  readonly children: Map<string, Branch | Leaf>
}
interface Leaf {
  readonly value: Value | undefined
}

/**
 * The mask and the body that make exactly these changes: a removed field is in the mask and not in the body.
 * LS-2103 when one path is another's parent or the same, which the server would accept and read in its own way.
 */
export function encodeChanges(changes: readonly FieldChange[]): { fieldPaths: readonly string[]; fields: RawFields } {
  const root: Branch = { children: new Map() }
  const fieldPaths = changes.map((change) => {
    const text = renderFieldPath(change.path)
    insert(root, change, text)
    return text
  })
  return { fieldPaths, fields: encodeBranch(root) }
}

function insert(root: Branch, change: FieldChange, text: string): void {
  let branch = root
  for (const key of change.path.slice(0, -1)) {
    const next = branch.children.get(key) ?? { children: new Map() }
    if ('value' in next) throw overlap(text)
    branch.children.set(key, next)
    branch = next
  }
  const last = change.path.at(-1) ?? ''
  if (branch.children.has(last)) throw overlap(text)
  branch.children.set(last, { value: change.value })
}

function overlap(text: string): LockstepError {
  return new LockstepError('LS-2103', `${text} is changed twice in one write`, {
    why: 'one path in a write may not be another, nor be inside another',
    where: { name: text },
    hint: 'change the outer field alone, or only the inner ones',
  })
}

function encodeBranch(branch: Branch): RawFields {
  const raw: RawFields = {}
  for (const [key, node] of branch.children) {
    const value = 'value' in node ? node.value && encodeRaw(node.value) : encodeMap(node)
    if (value !== undefined) setOwn(raw, key, value)
  }
  return raw
}

/** A map in which nothing is written is not in the body. */
function encodeMap(branch: Branch): RawValue | undefined {
  const fields = encodeBranch(branch)
  return Object.keys(fields).length === 0 ? undefined : { mapValue: { fields } }
}
