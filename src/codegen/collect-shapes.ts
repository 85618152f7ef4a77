import type { Move } from '../client/move.ts'
import type { Shape, ShapeStep } from '../client/shape.ts'
import type { ShapeChange } from '../operations/shape-change.ts'
import type { FieldPath } from '../stores/documents.ts'

/** What the steps of a migration mean to clients, in their order. */
export interface MigrationChanges {
  readonly id: string
  readonly changes: readonly ShapeChange[]
}

/** The documents of one pattern through all migrations. */
export interface ClientShape extends Shape {
  readonly formerly: readonly string[]
  /** Renamings of its collection, or of one above it. */
  readonly moves: readonly Move[]
  /** Changes inside lists and of every entry of a map, in words: readers are not generated for them. */
  readonly unread: readonly string[]
}

export interface ClientModel {
  readonly shapes: readonly ClientShape[]
  readonly moves: readonly Move[]
}

/** Migrations in their order become the chain of each pattern; a renamed collection takes its chain along. Pure. */
export function collectShapes(migrations: readonly MigrationChanges[]): ClientModel {
  const shapes = new Map<string, ClientShape>()
  const moves: Move[] = []
  for (const { id, changes } of migrations) {
    for (const change of changes) {
      if (change.change === 'index' || change.change === 'exempt') continue
      if (change.change === 'move') {
        const move = moveOf(id, change)
        moves.push(move)
        if (move.what === 'documents') renameShapes(shapes, move, moves)
      } else {
        const shape = shapes.get(change.pattern) ?? newShape(change.pattern, moves)
        shapes.set(change.pattern, withChange(shape, id, change))
      }
    }
  }
  return { shapes: [...shapes.values()].sort((a, b) => (a.pattern < b.pattern ? -1 : 1)), moves }
}

function moveOf(migration: string, { change: _, ...move }: Extract<ShapeChange, { change: 'move' }>): Move {
  return { migration, ...move }
}

function withChange(shape: ClientShape, id: string, change: FieldChange): ClientShape {
  if (!('spread' in change)) return { ...shape, steps: [...shape.steps, stepOf(id, change, shape)] }
  const paths = 'to' in change ? [change.path, change.to] : [change.path]
  const words = `${change.change} ${paths.map((path) => path.join('.')).join(' to ')} by ${id}`
  return { ...shape, unread: [...shape.unread, words] }
}

/** The pattern's name under another start; undefined where it does not start so. */
function renamed(pattern: string, from: string, to: string): string | undefined {
  return pattern === from || pattern.startsWith(`${from}/`) ? to + pattern.slice(from.length) : undefined
}

/** A pattern first met after its collection was renamed was elsewhere before, too. */
function newShape(pattern: string, moves: readonly Move[]): ClientShape {
  const through: Move[] = []
  const formerly: string[] = []
  let name = pattern
  for (const move of moves.toReversed()) {
    const before = move.what === 'documents' ? renamed(name, move.to, move.from) : undefined
    if (before === undefined) continue
    through.unshift(move)
    formerly.push(before)
    name = before
  }
  return { pattern, formerly, steps: [], moves: through, unread: [] }
}

function renameShapes(shapes: Map<string, ClientShape>, move: Move, moves: readonly Move[]): void {
  const before = [...shapes]
  for (const [pattern, shape] of before) {
    const name = renamed(pattern, move.from, move.to)
    if (name === undefined) continue
    shapes.delete(pattern)
    shapes.set(name, {
      ...shape,
      pattern: name,
      formerly: [pattern, ...shape.formerly],
      moves: [...shape.moves, move],
    })
  }
  if (!shapes.has(move.to)) shapes.set(move.to, newShape(move.to, moves))
}

type FieldChange = Exclude<ShapeChange, { change: 'move' | 'index' | 'exempt' }>

function stepOf(migration: string, change: FieldChange, shape: ClientShape): ShapeStep {
  switch (change.change) {
    case 'add': {
      const { path, default: value } = change
      if (value !== undefined) return { migration, change: 'add', path, default: value }
      return { migration, change: 'add', path, given: nameFor(path, migration, shape) }
    }
    case 'remove':
      return { migration, change: 'remove', path: change.path }
    case 'rename':
      return { migration, change: 'rename', path: change.path, to: change.to }
    case 'convert': {
      const { path, to, conversion, custom, accept, marker } = change
      const given = custom ? { given: nameFor(to, migration, shape) } : {}
      return {
        migration,
        change: 'convert',
        path,
        to,
        conversion,
        ...given,
        ...(accept === undefined ? {} : { accept }),
        ...(marker === undefined ? {} : { marker }),
      }
    }
    case 'transform': {
      const { marker } = change
      const given = nameFor(['document'], migration, shape)
      return { migration, change: 'transform', given, ...(marker === undefined ? {} : { marker }) }
    }
  }
}

/** The name under which the app gives a function: the field's, and with the migration's where that is taken. */
function nameFor(path: FieldPath, migration: string, { steps }: ClientShape): string {
  const taken = new Set(steps.flatMap((step) => ('given' in step ? [step.given] : [])))
  const plain = path.join('.')
  const names = [plain, `${plain} of ${migration}`]
  const numbered = steps.map((_, index) => `${plain} of ${migration}, ${index + 2}`)
  return [...names, ...numbered].find((name) => !taken.has(name)) ?? plain
}
