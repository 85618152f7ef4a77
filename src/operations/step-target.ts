import { z } from 'zod'
import { canonicalJson } from '../kernel/canonical-json.ts'
import { md5 } from '../kernel/checksum.ts'
import type { TableTarget } from '../tenants/tenants-config.ts'

/** What a migration file names as target: a table, or `tenants('…')`. */
export type NamedTarget = string | { readonly tenants: string }

export const targetForm = z.union([
  z.strictObject({ table: z.string().min(1) }),
  z.strictObject({ tenants: z.string().min(1) }),
])

export function targetOf(target: NamedTarget): TableTarget {
  return typeof target === 'string' ? { table: target } : target
}

/** Asked for by every table of a fleet. */
const tags = new WeakMap<object, Map<string, string>>()

/** Eight hex digits that name this very change, for names of what it makes. */
export function tagOfSpec(kind: string, spec: object): string {
  const known = tags.get(spec) ?? new Map<string, string>()
  const tag = known.get(kind) ?? md5(canonicalJson([kind, spec])).slice(0, 8)
  tags.set(spec, known.set(kind, tag))
  return tag
}
