import { listOperations, type OperationFolder } from './operations.ts'

const importOf = ({ kind, store, name }: OperationFolder): string =>
  `import { ${kind}, ${kind}Step } from './${store}/${name}/${name}.ts'`

function stepsOf(operations: readonly OperationFolder[], store: OperationFolder['store']): string {
  const members = operations.filter((operation) => operation.store === store).map(({ kind }) => `${kind}: ${kind}Step`)
  return `export const ${store}Steps = Object.freeze({ ${members.join(', ')} })`
}

/** The source of `src/operations/catalogue.ts`: every operation whose folder lies under `root`, sorted by kind. */
export function renderOperationCatalogue(root: string): string {
  const operations = listOperations(root)
  return [
    '// Generated from the folders beside this file by `npm run generate`. Do not edit.',
    `${operations.map(importOf).join('\n')}\n`,
    '/** Every kind of change that Lockstep knows. */',
    `export const operations = Object.freeze([${operations.map(({ kind }) => kind).join(', ')}] as const)\n`,
    '/** What migration files call to describe a change of documents, by kind. */',
    `${stepsOf(operations, 'firestore')}\n`,
    '/** What migration files call to describe a change of tables, by kind. */',
    `${stepsOf(operations, 'postgres')}\n`,
  ].join('\n')
}
