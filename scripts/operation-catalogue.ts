import { listOperations, type OperationFolder } from './operations.ts'

const importOf = ({ kind, store, name }: OperationFolder): string =>
  `import { ${kind} } from './${store}/${name}/${name}.ts'`

function recordOf(operations: readonly OperationFolder[], store: OperationFolder['store']): string {
  const kinds = operations.filter((operation) => operation.store === store).map(({ kind }) => kind)
  return `export const ${store}Operations = { ${kinds.join(', ')} } as const`
}

/** The source of `src/operations/catalogue.ts`: every operation whose folder lies under `root`, sorted by kind. */
export function renderOperationCatalogue(root: string): string {
  const operations = listOperations(root)
  return [
    '// Generated from the folders beside this file by `npm run generate`. Do not edit.',
    `${operations.map(importOf).join('\n')}\n`,
    '/** Every kind of change that Lockstep knows. */',
    `export const operations = [${operations.map(({ kind }) => kind).join(', ')}] as const\n`,
    '/** The changes to documents, by kind. */',
    `${recordOf(operations, 'firestore')}\n`,
    '/** The changes to tables, by kind. */',
    `${recordOf(operations, 'postgres')}\n`,
  ].join('\n')
}
