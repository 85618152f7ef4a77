import { invalid } from './status.ts'
import { createDatabase } from './store.ts'
import type { Database } from './store.ts'

/** The databases of one server, each made when it is first named and apart from the others. */
export interface Databases {
  /** By `projects/{project}/databases/{database}`. */
  of(name: string): Database
  all(): Iterable<Database>
  /** How many documents there are in all of them. */
  documents(): number
  /** Empties those of a project, or all. */
  drop(project?: string): void
  /** Makes all anew, as `load` fills them or with the documents they have: nothing older is known, and nobody watches. */
  restart(load?: () => void): void
}

export function createDatabases(): Databases {
  const known = new Map<string, Database>()
  const databases: Databases = {
    of: (name) => {
      const found = known.get(name)
      if (found) return found
      if (!/^projects\/[^/]+\/databases\/[^/]+$/.test(name)) {
        throw invalid(`Database name "${name}" is not of the form projects/{project}/databases/{database}.`)
      }
      const made = createDatabase(name)
      known.set(name, made)
      return made
    },
    all: () => known.values(),
    documents: () => [...known.values()].reduce((sum, database) => sum + database.tree().size, 0),
    drop: (project) => {
      for (const [name, database] of known) {
        if (project === undefined || name.startsWith(`projects/${project}/`)) database.clear()
      }
    },
    restart: (load) => {
      const old = [...known.values()]
      known.clear()
      if (load) return load()
      for (const { name, tree } of old) {
        databases.of(name).load([...tree().values()].map((after) => ({ before: undefined, after })))
      }
    },
  }
  return databases
}
