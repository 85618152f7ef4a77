import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const stores = ['firestore', 'postgres'] as const

/** One operation as its folder names it: `kind` is the camel case of the folder. `folder` is relative to the project. */
export interface OperationFolder {
  readonly store: (typeof stores)[number]
  readonly name: string
  readonly kind: string
  readonly folder: string
}

const camelCase = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

function foldersOf(root: string, store: OperationFolder['store']): readonly OperationFolder[] {
  const parent = `src/operations/${store}`
  if (!existsSync(join(root, parent))) return []
  return readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ store, name, kind: camelCase(name), folder: `${parent}/${name}` }))
}

/** The operations of both stores under `root`, sorted by kind, then by store. */
export function listOperations(root: string): readonly OperationFolder[] {
  const order = ({ kind, store }: OperationFolder): string => `${kind} ${store}`
  return stores.flatMap((store) => foldersOf(root, store)).sort((a, b) => (order(a) < order(b) ? -1 : 1))
}

/** The four files that make an operation, relative to the project. */
export function filesOf({ folder, name }: OperationFolder): readonly string[] {
  return ['.ts', '.case.ts', '.test.ts', '.md'].map((ending) => `${folder}/${name}${ending}`)
}

function sourcesNaming(root: string, { folder, store, name }: OperationFolder): readonly string[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map((path) => `src/${path}`)
  return files
    .filter((file) => file.endsWith('.ts') && file !== 'src/operations/catalogue.ts' && !file.startsWith(`${folder}/`))
    .filter((file) => new RegExp(`\\b${store}/${name}/`).test(readFileSync(join(root, file), 'utf8')))
}

function problemsOf(root: string, operation: OperationFolder): readonly string[] {
  const missing = filesOf(operation).filter((file) => !existsSync(join(root, file)))
  return [
    ...missing.map((file) => `${file} is missing: an operation is code, case, test and page`),
    ...sourcesNaming(root, operation).map((file) => `${file} names ${operation.folder}: only the catalogue may`),
  ]
}

/** What is wrong with the folders of operations under `root`, one sentence a problem. */
export function operationProblems(root: string): readonly string[] {
  const operations = listOperations(root)
  const twice = operations.filter(({ kind }, at) => operations[at - 1]?.kind === kind)
  return [
    ...twice.map(({ kind }) => `${kind} exists for both stores: a kind names one operation`),
    ...operations.flatMap((operation) => problemsOf(root, operation)),
  ]
}
