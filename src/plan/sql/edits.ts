/** A change of a text: what lies from `from` up to `to` becomes `text`. */
export interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** The text with these groups of edits made; a group that meets one made before it is left for the next round. */
export function applyEdits(text: string, groups: readonly (readonly Edit[])[]): string {
  const made: Edit[] = []
  for (const group of groups) {
    if (!group.some((edit) => made.some((other) => touches(edit, other)))) made.push(...group)
  }
  // Of two at one place the later one is made first, so that their texts come out in order.
  return made
    .toReversed()
    .toSorted((a, b) => b.from - a.from)
    .reduce((result, { from, to, text }) => result.slice(0, from) + text + result.slice(to), text)
}

function touches(a: Edit, b: Edit): boolean {
  return a.from <= b.to && b.from <= a.to
}
