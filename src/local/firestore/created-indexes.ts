import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../../kernel/errors.ts'
import type { CompositeIndex, FieldIndex } from '../../stores/indexes.ts'
import { overrideKey } from './indexes.ts'
import type { Definitions } from './indexes.ts'

/** An index that the admin API was asked for; `ready` is when its build ends. */
export interface CreatedIndex {
  readonly name: string
  readonly database: string
  readonly index: CompositeIndex
  readonly ready: number
}

/** What a field has of its own: its indexes, and from when on a time to live counts. */
export interface OwnField {
  readonly indexes?: readonly (FieldIndex & { readonly ready: number })[]
  readonly ttl?: number
}

/** The indexes and settings of fields that were made by the admin API, kept in the data folder where there is one. */
export interface CreatedIndexes {
  indexes(): readonly CreatedIndex[]
  /** Answers its name. */
  add(database: string, index: CompositeIndex, ready: number): string
  remove(name: string): void
  /** The names of those with settings of their own. */
  fields(): readonly string[]
  field(name: string): OwnField | undefined
  setField(name: string, field: OwnField): void
  /** Those of a database whose builds have ended. */
  definitionsOf(database: string): Definitions
}

interface Kept {
  readonly made: number
  readonly indexes: readonly CreatedIndex[]
  readonly fields: Readonly<Record<string, OwnField>>
}

const fieldName = /^(.+?)\/collectionGroups\/([^/]+)\/fields\/(.+)$/

/** LS-3008 where what the folder has of them cannot be read. */
export function openCreatedIndexes(folder: string | undefined): CreatedIndexes {
  const file = folder === undefined ? undefined : join(folder, 'indexes.json')
  let kept: Kept = file !== undefined && existsSync(file) ? read(file) : { made: 0, indexes: [], fields: {} }
  const keep = (next: Kept): void => {
    kept = next
    if (file === undefined) return
    writeFileSync(`${file}.new`, `${JSON.stringify(next)}\n`)
    renameSync(`${file}.new`, file)
  }
  return {
    indexes: () => kept.indexes,
    add: (database, index, ready) => {
      const made = kept.made + 1
      const name = `${database}/collectionGroups/${index.group}/indexes/${made}`
      keep({ ...kept, made, indexes: [...kept.indexes, { name, database, index, ready }] })
      return name
    },
    remove: (name) => keep({ ...kept, indexes: kept.indexes.filter((each) => each.name !== name) }),
    fields: () => Object.keys(kept.fields),
    field: (name) => kept.fields[name],
    setField: (name, field) => {
      const { [name]: _, ...others } = kept.fields
      keep({ ...kept, fields: Object.keys(field).length === 0 ? others : { ...others, [name]: field } })
    },
    definitionsOf: (database) => definitionsOf(kept, database),
  }
}

function read(file: string): Kept {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept
  } catch (cause) {
    throw new LockstepError('LS-3008', `The indexes in ${file} cannot be read.`, { cause, where: { file } })
  }
}

function definitionsOf({ indexes, fields }: Kept, database: string): Definitions {
  const now = Date.now()
  const own = indexes.filter((each) => each.database === database && each.ready <= now)
  const overrides = Object.entries(fields).flatMap(([name, field]): [string, readonly FieldIndex[]][] => {
    const [, of, group = '', path = ''] = fieldName.exec(name) ?? []
    if (of !== database || !field.indexes) return []
    return [[overrideKey(group, path), field.indexes.filter(({ ready }) => ready <= now)]]
  })
  return { composites: own.map(({ index }) => index), overrides: new Map(overrides) }
}
