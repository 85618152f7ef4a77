/** A room of the house: which files belong to it, and from which rooms it may import (its own files it always may). */
interface Room {
  readonly name: string
  readonly at: string
  readonly may: readonly string[]
}

/** Selects files or packages for dependency-cruiser; regular expressions are matched against paths from the root. */
interface Selection {
  readonly path?: string | readonly string[]
  readonly pathNot?: string | readonly string[]
  readonly circular?: boolean
  readonly viaOnly?: Pick<Selection, 'dependencyTypesNot'>
  readonly couldNotResolve?: boolean
  readonly dependencyTypes?: readonly string[]
  readonly dependencyTypesNot?: readonly string[]
}

interface Rule {
  readonly name: string
  readonly comment: string
  readonly severity: 'error'
  readonly from: Selection
  readonly to: Selection
}

const inOrder = [
  'kernel sql ports adapters local tenants embeddings operations migrations plan ledger archive run report client codegen',
  'migrator dashboard cli index',
].flatMap((line) => line.split(' '))

/** The rooms above `name`, those in `without` left out: data flows one way, down this list. */
function above(name: string, ...without: readonly string[]): readonly string[] {
  return inOrder.slice(0, inOrder.indexOf(name)).filter((other) => !without.includes(other))
}

/** Every room, in the order in which data flows. A source file that lies in none of them is in the wrong place. */
export const rooms: readonly Room[] = [
  { name: 'kernel', at: '^src/kernel/', may: [] },
  { name: 'sql', at: '^src/sql/', may: ['kernel'] },
  { name: 'ports', at: '^src/stores/[^/]+\\.ts$', may: ['kernel'] },
  { name: 'adapters', at: '^src/stores/[^/]+/', may: ['kernel', 'ports'] },
  { name: 'local', at: '^src/local/', may: ['kernel', 'ports', 'adapters'] },
  { name: 'tenants', at: '^src/tenants/', may: ['kernel', 'ports'] },
  { name: 'embeddings', at: '^src/embeddings/', may: ['kernel', 'ports'] },
  { name: 'operations', at: '^src/operations/', may: above('operations', 'adapters', 'local') },
  { name: 'migrations', at: '^src/migrations/', may: above('migrations', 'adapters', 'local') },
  { name: 'plan', at: '^src/plan/', may: above('plan', 'adapters', 'local') },
  { name: 'ledger', at: '^src/ledger/', may: above('ledger', 'adapters', 'local') },
  { name: 'archive', at: '^src/archive/', may: above('archive', 'adapters', 'local') },
  { name: 'run', at: '^src/run/', may: above('run', 'adapters', 'local') },
  { name: 'report', at: '^src/report/', may: ['kernel', 'operations', 'migrations', 'plan', 'ledger'] },
  { name: 'client', at: '^src/client/', may: ['kernel', 'ports', '^src/operations/(conversions/|shape-change\\.ts$)'] },
  { name: 'codegen', at: '^src/codegen/', may: ['kernel', 'ports', 'operations', 'client'] },
  {
    name: 'migrator',
    at: '^src/(migrator|house|readings|linting|client-code|config|authoring|open-stores|inspect-stores|version)\\.ts$',
    may: above('migrator'),
  },
  { name: 'dashboard', at: '^src/dashboard/', may: ['kernel', 'plan', 'ledger', 'report', 'migrator'] },
  {
    name: 'cli',
    at: '^src/cli/',
    may: above('cli', 'ports', 'adapters', 'operations', 'archive', 'run', 'client', 'codegen'),
  },
  { name: 'index', at: '^src/index\\.ts$', may: above('index', 'dashboard', 'cli') },
]

const atOf = (name: string): string => rooms.find((room) => room.name === name)?.at ?? name

/** Test files beside the source may import what they need; case files may not. */
const tests = '\\.test\\.ts$'

const forbid = (name: string, comment: string, arrow: Pick<Rule, 'from' | 'to'>): Rule => {
  return { name, comment, severity: 'error', ...arrow }
}

const arrows = rooms.map(({ name, at, may }) =>
  forbid(`room-${name}`, `${name} may import only from: ${['itself', ...may].join(', ')}`, {
    from: { path: at, pathNot: tests },
    to: { path: '^src/', pathNot: [at, ...may.map(atOf)] },
  }),
)

const siblings = [
  forbid('adapter-sibling', 'an adapter never imports another adapter, but PGlite is Postgres over a stream', {
    from: { path: '^src/stores/([^/]+)/', pathNot: [tests, '^src/stores/pglite/'] },
    to: { path: '^src/stores/[^/]+/', pathNot: '^src/stores/$1/' },
  }),
  forbid('pglite-sibling', 'PGlite speaks the protocol through the Postgres adapter, and through no other', {
    from: { path: '^src/stores/pglite/', pathNot: tests },
    to: { path: '^src/stores/[^/]+/', pathNot: '^src/stores/(pglite|postgres)/' },
  }),
  forbid('operation-sibling', 'an operation never imports another one: what two share lies beside their folders', {
    from: { path: '^src/operations/(firestore|postgres)/([^/]+)/', pathNot: tests },
    to: { path: '^src/operations/(firestore|postgres)/[^/]+/', pathNot: '^src/operations/$1/$2/' },
  }),
  forbid('operation-store', 'what operations on one store share is not for those on the other', {
    from: { path: '^src/operations/(firestore|postgres)/', pathNot: tests },
    to: { path: '^src/operations/(firestore|postgres)/', pathNot: '^src/operations/$1/' },
  }),
  forbid('operation-named', 'only the generated catalogue names an operation', {
    from: { path: '^src/', pathNot: ['^src/operations/catalogue\\.ts$', '^src/operations/[^/]+/[^/]+/'] },
    to: { path: '^src/operations/(firestore|postgres)/[^/]+/' },
  }),
  forbid('rule-named', 'only the generated catalogue names a lint rule', {
    from: { path: '^src/', pathNot: ['^src/plan/rules/catalogue\\.ts$', '^src/plan/rules/[^/]+/'] },
    to: { path: '^src/plan/rules/[^/]+/' },
  }),
  forbid('rule-sibling', 'a lint rule never imports another one', {
    from: { path: '^src/plan/rules/([^/]+)/', pathNot: tests },
    to: { path: '^src/plan/rules/[^/]+/', pathNot: '^src/plan/rules/$1/' },
  }),
]

const outside = [
  forbid('cycle', 'imports form no cycle; type-only ones vanish, so they may', {
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  }),
  forbid('unresolved', 'an import that leads nowhere hides its arrow', { from: {}, to: { couldNotResolve: true } }),
  forbid('kernel-io', 'the kernel does no I/O and needs no package', {
    from: { path: '^src/kernel/', pathNot: tests },
    to: { pathNot: ['^src/', '^(node:)?(crypto|util)$'] },
  }),
  forbid('client-alone', 'what apps import runs in browsers, and needs no package and nothing of Node', {
    from: { path: ['^src/client/', '^src/operations/conversions/'], pathNot: tests },
    to: {
      pathNot: [
        '^src/(client|kernel)/',
        '^src/stores/[^/]+\\.ts$',
        '^src/operations/(conversions/|shape-change\\.ts$)',
      ],
    },
  }),
  forbid('driver', 'a driver package is named only where a store is spoken to', {
    from: { path: '^src/', pathNot: [tests, '^src/stores/[^/]+/', '^src/local/', '^src/(migrator|config)\\.ts$'] },
    to: {
      path: 'node_modules/(pg|@grpc/[^/]+|@electric-sql/[^/]+|@google-cloud/firestore)/',
      dependencyTypesNot: ['type-only'],
    },
  }),
  forbid('ships', 'what ships never imports what does not', {
    from: { path: '^src/', pathNot: tests },
    to: { path: ['^(test|scripts|examples|bench)/', tests] },
  }),
  forbid('dev-package', 'what ships imports only packages that are installed with it', {
    from: { path: '^src/', pathNot: tests },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
      dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional', 'type-only'],
    },
  }),
]

/** The rules as dependency-cruiser reads them: plain JSON. */
export const roomRules = {
  forbidden: [...arrows, ...siblings, ...outside],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
} as const satisfies { readonly forbidden: readonly Rule[]; readonly options: object }
