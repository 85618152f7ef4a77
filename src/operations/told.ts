/**
 * When clients were told of a phase: each the document store's time just before. A time that is not known is left out,
 * and what hangs on it is not taken for certain.
 */
export interface Told {
  readonly backfill?: string
  readonly cutover?: string
  /** When the last sweep began that saw both places of everything; from the cutover on. */
  readonly swept?: string
  /** When `complete` was begun first: clients were not told of that. */
  readonly completing?: string
  readonly contract?: string
  readonly rollingBack?: string
  /** The configuration promises that clients of the new shape write both places, from backfill until contract. */
  readonly writeBoth?: boolean
}
