/** What a verification measured, for the journal: never the contents of rows. */
export interface Measurement {
  readonly where: string
  /** One line for people. */
  readonly text: string
  /** By name; shares are from 0 to 1, what was asked for stands beside what was found. */
  readonly figures: { readonly [name: string]: number }
}
