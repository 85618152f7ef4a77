import { belongs, compareDocuments, isBetween } from './query.ts'
import type { Plan } from './query.ts'
import { nameField } from './paths.ts'
import { isInScope, scanDocuments } from './scan.ts'
import { nearestOf } from './nearest.ts'
import type { StoredDocument, View } from './store.ts'

/**
 * The results of a plan on the state the view has at the first step. Plans in name order hold one document at a
 * time; others are sorted first.
 */
export function* runQuery(view: View, plan: Plan): Generator<StoredDocument> {
  if (plan.limit === 0) return
  const end = plan.offset + plan.limit
  let at = 0
  for (const document of found(view, plan)) {
    if (at >= plan.offset) yield document
    at++
    if (at >= end) return
  }
}

/** Whether a document is among those that a plan asks for, before its limit and offset. */
export const isAskedFor = (plan: Plan, document: StoredDocument): boolean =>
  isInScope(plan.scope, plan.range, document) && belongs(plan, document) && isBetween(plan, document)

function found(view: View, plan: Plan): Iterable<StoredDocument> {
  const all = plan.orders[0]?.text === nameField ? inNameOrder(view, plan) : sorted(view, plan)
  return plan.nearest ? nearestOf(all, plan.nearest) : all
}

function* inNameOrder(view: View, plan: Plan): Generator<StoredDocument> {
  for (const document of scanDocuments(view, plan.scope, plan.range)) if (belongs(plan, document)) yield document
}

function sorted(view: View, plan: Plan): readonly StoredDocument[] {
  const found: StoredDocument[] = []
  for (const document of inNameOrder(view, plan)) if (isBetween(plan, document)) found.push(document)
  return found.sort((left, right) => compareDocuments(plan.orders, left, right))
}
