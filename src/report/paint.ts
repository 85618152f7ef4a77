/** Ways to set text apart. Colour never carries meaning alone: what is painted reads the same without it. */
export interface Paint {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
}

const same = (text: string): string => text

/** Text as it is. */
export const plainPaint: Paint = Object.freeze({
  bold: same,
  dim: same,
  red: same,
  green: same,
  yellow: same,
  cyan: same,
})

/** What a renderer of text knows of the place where it will be read. */
export interface Screen {
  readonly width: number
  readonly paint: Paint
}
