import { LockstepError } from '../kernel/errors.ts'
import type { FieldPath, Fields } from '../stores/documents.ts'
import { parseCheck } from './check-option.ts'
import type { CheckOption } from './check-option.ts'
import { parsePattern } from './collection-pattern.ts'
import type { CollectionPattern } from './collection-pattern.ts'
import { parseFieldPath } from './field-path.ts'
import { entriesAt, idOf, isKeyAndId } from './map-entries.ts'
import type { EntryForm } from './map-entries.ts'
import { satellitesOf } from './relocation.ts'
import type { PairUnit, Satellites } from './relocation.ts'

export interface EntryOptions extends CheckOption {
  /** The field of a document that holds the key of its entry. Without it the document's id alone says it. */
  readonly key?: string
  /** The field of a document that holds an entry that is not a map. Without it all entries are maps. */
  readonly value?: string
}

/** A map field of documents, and the collection below each of them that has a document for each of its entries. */
export interface EntryPlaces {
  readonly pattern: CollectionPattern
  readonly field: FieldPath
  readonly collection: string
  /** The documents of the collections. */
  readonly children: CollectionPattern
  readonly form: EntryForm
  readonly satellites: Satellites
  /** The document of the entry with this key. */
  readonly nameOf: (host: string, key: string) => string
}

/** Throws LS-2002, LS-2101, LS-2103 or LS-2111, naming the part at fault. */
export function parseEntryPlaces(
  pattern: string,
  field: string,
  collection: string,
  { key, value }: EntryOptions,
): EntryPlaces {
  if (/(?:\[\]|\*)$/.test(field)) {
    throw new LockstepError('LS-2103', `field "${field}" cannot be used: it names the members of a list or a map`, {
      where: { name: field },
      hint: 'name the map itself; a list has to become a map first, by convertField in a migration of its own',
    })
  }
  const form: EntryForm = {
    ...(key === undefined ? {} : { key: parseName(key) }),
    ...(value === undefined ? {} : { value: parseName(value) }),
  }
  if (form.key !== undefined && form.key === form.value) {
    throw new LockstepError('LS-2103', `field "${form.key}" cannot hold both the key and the value`, {
      where: { name: form.key },
      hint: 'give key and value different names',
    })
  }
  const hosts = parsePattern(pattern)
  const children = parsePattern(childPattern(pattern, requireCollection(collection)))
  const path = parseFieldPath(field)
  const above = (name: string): string => name.split('/').slice(0, -2).join('/')
  const nameOf = (host: string, id: string): string => `${host}/${collection}/${id}`
  return {
    pattern: hosts,
    field: path,
    collection,
    children,
    form,
    nameOf,
    satellites: {
      scope: children.scope,
      hostOf: (name) => (children.match(name) === undefined ? undefined : above(name)),
      namesIn: (host, name) =>
        Object.keys(entriesAt(host, path)).flatMap((id) => (isKeyAndId(id) ? [nameOf(name, id)] : [])),
    },
  }
}

/**
 * The keys of entries and of documents below, be they born there or left behind: as far as the documents were asked
 * for, and where at least one of the two is there.
 */
export function askedKeys(unit: PairUnit, entries: Fields): readonly string[] {
  const isThere = (name: string): boolean => unit.documents.has(name) || Object.hasOwn(entries, idOf(name))
  return satellitesOf(unit).filter(isThere).map(idOf)
}

/** Throws LS-2002 for options of another form. */
export function parseEntryOptions<Options extends EntryOptions>(options: Options): Options {
  parseCheck(options)
  for (const [name, given] of Object.entries({ key: options.key, value: options.value })) {
    if (given === undefined || typeof given === 'string') continue
    throw new LockstepError('LS-2002', `${name} has to be the name of a field`, { hint: `write ${name}: 'name'` })
  }
  return options
}

function parseName(text: string): string {
  const [name = '', ...below] = parseFieldPath(text)
  if (below.length === 0) return name
  throw new LockstepError('LS-2103', `field "${text}" lies within another`, {
    where: { name: text },
    hint: 'name a field at the top of the document',
  })
}

function requireCollection(id: string): string {
  if (isKeyAndId(id) && !/[{}]/.test(id)) return id
  throw new LockstepError('LS-2111', `"${id}" cannot be the id of a collection`, {
    where: { name: id },
    hint: "write its id alone, as in 'workflows'",
  })
}

/** The placeholder has a name that the pattern has not used. */
function childPattern(pattern: string, collection: string): string {
  let name = 'key'
  while (pattern.includes(`{${name}}`)) name += '_'
  return `${pattern}/${collection}/{${name}}`
}
