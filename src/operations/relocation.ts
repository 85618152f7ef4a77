import type { CollectionScope, Document, DocumentReader, FieldPath, Value } from '../stores/documents.ts'
import type { DocumentImage, Unit } from './document-hands.ts'
import type { Clients } from './last-hand.ts'
import type { Pair } from './pair-rules.ts'

/** The documents of one kind that hold one side of the pairs, or both sides. */
export interface Hosts {
  readonly scope: CollectionScope
  readonly matches: (name: string) => boolean
  /** What the pairs touch; undefined reads whole documents. */
  readonly fields: readonly FieldPath[] | undefined
  /** All that the first copy has to see of a host, where `fields` is more for the sake of the way back. */
  readonly copied?: readonly FieldPath[] | undefined
}

/** Documents each of which belongs to one host, found from its name. They are always read whole. */
export interface Satellites {
  readonly scope: CollectionScope
  /** The host's name, whether that exists or not; undefined for a document that is none of these. */
  readonly hostOf: (name: string) => string | undefined
  /** The satellites of which the host's content tells. */
  readonly namesIn: (host: Document | undefined, hostName: string) => readonly string[]
}

/**
 * A change of place: what old clients find in one place, new ones find in another. Hosts hold one side and satellites
 * the other; without satellites both sides are in one document.
 */
export interface Relocation {
  readonly hosts: Hosts
  readonly satellites?: Satellites
  /** `out`: from the hosts to the satellites. `in`: from the satellites to the hosts. */
  readonly direction: 'out' | 'in'
  /** Those of which both documents were asked for: of others it is not known what they hold. */
  readonly pairs: (unit: PairUnit) => readonly Pair[]
  /**
   * Why a document of the old side cannot have a new place, in words: found by `plan`, and by the verification of what
   * was written since. Asked of every document that is read there; undefined too for those it is not about.
   */
  readonly unmovable?: (document: Document) => string | undefined
  /**
   * The map of the new places in a host. The plan refuses one that is there before, so an empty one that clients leave
   * behind goes on the way back.
   */
  readonly container?: FieldPath
  /** Pairs inside lists of the host, which are written as a whole. */
  readonly lists?: readonly ListRule[]
}

/** What a shard does with the pairs it meets. */
export type Act =
  /** Bring the new place up to date. */
  | 'carry'
  /** The same once clients of the new shape write the new place alone. */
  | 'trail'
  /** That, and empty the old place where the new one stands for it. */
  | 'remove'
  /** Bring the old place up to date with what came to the new one. */
  | 'restore'
  /** Empty the new place where the old one stands for it. */
  | 'retire'

export interface ListRule {
  readonly path: FieldPath
  /** Pure; the same value where nothing is to be done. `note` is told why members stay as they are. */
  readonly change: (value: Value, act: Act, note: (why: string) => void) => Value
  /** Members whose new place is there already: how many say the same as the old one, and how many something else. */
  readonly standing: (value: Value) => { readonly existing: number; readonly taken: number }
}

/** A host with its satellites, as far as they were asked for. */
export interface PairUnit extends Unit {
  /** Names asked for, the host's among them. */
  readonly names: readonly string[]
  /** Those of them that exist, and what else was read with them. */
  readonly documents: ReadonlyMap<string, Document>
  readonly images: readonly DocumentImage[]
  /**
   * Undefined where times shall not count: then the pre-images alone tell who wrote what, and an edit does not ask
   * whether the documents it is made of are still as they were read.
   */
  readonly clients?: Clients | undefined
}

/** The old side, or the new one. */
export type Side = 'from' | 'to'

export type Images = (units: readonly string[]) => Promise<ReadonlyMap<string, readonly DocumentImage[]>>

/** True where this side is held by hosts. */
export function isHosted({ direction, satellites }: Relocation, side: Side): boolean {
  return satellites === undefined || (direction === 'out') === (side === 'from')
}

export function scopeOf(relocation: Relocation, side: Side): CollectionScope {
  const { hosts, satellites } = relocation
  return satellites === undefined || isHosted(relocation, side) ? hosts.scope : satellites.scope
}

/** What a scan of this side has to read. */
export function projectionOf(relocation: Relocation, side: Side): readonly FieldPath[] | undefined {
  return isHosted(relocation, side) ? relocation.hosts.fields : undefined
}

/** The unit a document of this side belongs to; undefined when it is none of the relocation's. */
export function unitOf(relocation: Relocation, side: Side, name: string): string | undefined {
  if (!isHosted(relocation, side)) return relocation.satellites?.hostOf(name)
  return relocation.hosts.matches(name) ? name : undefined
}

/** The units of a page scanned on one side, with the other side read for them. In the order of the page. */
export async function unitsOfPage(
  relocation: Relocation,
  side: Side,
  page: readonly Document[],
  stores: Omit<Loading, 'found'>,
): Promise<readonly PairUnit[]> {
  const found = new Map(page.map((document) => [document.name, document]))
  const byUnit = new Map<string, string[]>()
  for (const { name } of page) {
    const key = unitOf(relocation, side, name)
    if (key === undefined) continue
    const names = byUnit.get(key)
    if (names === undefined) byUnit.set(key, [name])
    else names.push(name)
  }
  const units = [...byUnit].map(([key, names]) => ({ key, names: namesOf(relocation, { key, names, found }) }))
  return loadUnits(relocation, units, { ...stores, found })
}

interface Named {
  readonly key: string
  readonly names: readonly string[]
  readonly found: ReadonlyMap<string, Document>
}

/** All documents of a unit: those seen, the host, and the satellites of which a host that was read tells. */
function namesOf({ satellites }: Relocation, { key, names, found }: Named): readonly string[] {
  if (satellites === undefined) return names
  const host = found.get(key)
  return [...new Set([key, ...names, ...(host === undefined ? [] : satellites.namesIn(host, key))])]
}

/** The satellites of a unit that were asked for. */
export function satellitesOf({ key, names }: Pick<PairUnit, 'key' | 'names'>): readonly string[] {
  return names.filter((name) => name !== key)
}

/** Those of them that exist. */
export function foundSatellites(unit: Pick<PairUnit, 'key' | 'names' | 'documents'>): readonly string[] {
  return satellitesOf(unit).filter((name) => unit.documents.has(name))
}

interface Loading {
  readonly documents: Pick<DocumentReader, 'get'>
  readonly images: Images
  readonly clients?: Clients | undefined
  /** Satellites that were not read are taken for absent: making one fails where it is there, and the unit is read again. */
  readonly presumes?: boolean | undefined
  /** It is the first copy: where we have not written anything yet, nothing of ours can go. */
  readonly copies?: boolean
  /** What has been read already. */
  readonly found: ReadonlyMap<string, Document>
}

async function loadUnits(
  relocation: Relocation,
  units: readonly Pick<PairUnit, 'key' | 'names'>[],
  { documents, images, clients, presumes, copies, found }: Loading,
): Promise<readonly PairUnit[]> {
  // A unit is known by its host's name; its other names are satellites.
  const hosts = units.flatMap(({ key, names }) => (names.includes(key) && !found.has(key) ? [key] : []))
  const satellites =
    presumes === true ? [] : units.flatMap((unit) => satellitesOf(unit).filter((name) => !found.has(name)))
  const remembering = images(units.map(({ key }) => key))
  const isFresh = copies === true && [...(await remembering).values()].every((ours) => ours.length === 0)
  const fields = (isFresh ? relocation.hosts.copied : undefined) ?? relocation.hosts.fields
  const [rest, remembered] = await Promise.all([
    readNames(relocation, { hosts, satellites, fields }, documents),
    remembering,
  ])
  const all = rest.length === 0 ? found : new Map([...found, ...rest])
  return units.map(({ key, names }) => ({ key, names, documents: all, images: remembered.get(key) ?? [], clients }))
}

/**
 * Hosts by their projection, satellites whole. The old side is read after the new one: when that is as it was by the
 * time it is removed, no client that writes both has come between.
 */
async function readNames(
  relocation: Relocation,
  names: {
    readonly hosts: readonly string[]
    readonly satellites: readonly string[]
    /** Of hosts. */
    readonly fields: readonly FieldPath[] | undefined
  },
  documents: Pick<DocumentReader, 'get'>,
): Promise<readonly (readonly [string, Document])[]> {
  const read = async (some: readonly string[], fields?: readonly FieldPath[]): Promise<readonly Document[]> => {
    const found = some.length === 0 ? [] : await documents.get([...new Set(some)], fields)
    return found.filter((document) => document !== undefined)
  }
  const readHosts = (): Promise<readonly Document[]> => read(names.hosts, names.fields)
  const readSatellites = (): Promise<readonly Document[]> => read(names.satellites)
  const [first, second] = isHosted(relocation, 'to') ? [readHosts, readSatellites] : [readSatellites, readHosts]
  const found = [...(await first()), ...(await second())]
  return found.map((document) => [document.name, document] as const)
}

/** The same units as they are now, after a conflict. */
export function reloadUnits(
  relocation: Relocation,
  units: readonly PairUnit[],
  documents: Pick<DocumentReader, 'get'>,
): Promise<readonly PairUnit[]> {
  const remembered = new Map(units.map(({ key, images }) => [key, images]))
  const clients = units[0]?.clients
  return loadUnits(relocation, units, { documents, images: async () => remembered, clients, found: new Map() })
}
