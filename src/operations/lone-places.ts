import type { DocumentReader, FieldPath } from '../stores/documents.ts'
import type { CheckOption } from './check-option.ts'
import { pagesOf } from './document-pages.ts'
import { fieldAt } from './field-path.ts'
import { noneAlone } from './last-hand.ts'
import { defineDocumentOperation } from './operation.ts'
import type { DocumentOperation, Look, PlanWarning } from './operation.ts'
import { scopeOf, unitsOfPage } from './relocation.ts'
import type { Images, PairUnit, Relocation } from './relocation.ts'

const code = 'W114'

/**
 * The operation with more warnings in its plan, which reading the stores brings. Where everything was read and no new
 * place stands alone, the run remembers that.
 */
export function withWarnings<Spec extends { readonly options: CheckOption }>(
  operation: DocumentOperation<Spec>,
  warn: (spec: Spec, look: Look) => Promise<readonly PlanWarning[]>,
): DocumentOperation<Spec> {
  return defineDocumentOperation<Spec>({
    ...operation,
    async plan(spec, look) {
      const plan = await operation.plan(spec, look)
      const warnings = await warn(spec, look)
      const isProven = spec.options.check !== 'sample' && warnings.every((warning) => warning.code !== code)
      return { ...plan, warnings: [...plan.warnings, ...warnings], memo: isProven ? noneAlone : plan.memo }
    },
  })
}

/**
 * W114 for documents that hold something in the new place while the old one holds nothing: the way back cannot tell
 * them from what new clients write. Reads `fields` of the new side, of all documents or the first `most`.
 */
export async function lonePlaces(
  relocation: Relocation,
  documents: DocumentReader,
  { most, fields }: { readonly most: number; readonly fields: readonly FieldPath[] },
): Promise<readonly PlanWarning[]> {
  const images: Images = async () => new Map()
  const lone: string[] = []
  let [count, read] = [0, 0]
  for await (const page of pagesOf(documents.scan(scopeOf(relocation, 'to'), {}, { fields }))) {
    const units = await unitsOfPage(relocation, 'to', page.slice(0, most - read), { documents, images })
    for (const name of units.flatMap((unit) => loneIn(relocation, unit))) {
      count++
      if (lone.length < 3) lone.push(name)
    }
    read += page.length
    if (read >= most) break
  }
  if (count === 0) return []
  return [
    {
      code,
      message: `${count} ${count === 1 ? 'document holds' : 'documents hold'} something in the new place and nothing in the old one, as ${lone.join(', ')}`,
      hint: 'they are taken as the work of new clients: down takes that to the old place; choose another new place to keep them apart',
    },
  ]
}

/** The documents of the new side that hold something of their own. */
function loneIn(relocation: Relocation, unit: PairUnit): readonly string[] {
  const holds = (name: string, path: FieldPath): boolean => {
    const document = unit.documents.get(name)
    return document !== undefined && fieldAt(document, path) !== undefined
  }
  const found = relocation.pairs(unit).filter(({ from, to }) => holds(to.name, to.path) && !holds(from.name, from.path))
  return [...new Set(found.map(({ to }) => to.name))]
}
