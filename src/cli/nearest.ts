/** The names that are most like a mistyped one, nearest first; none where nothing is near. */
export function nearest(typed: string, names: readonly string[], most = 3): readonly string[] {
  const limit = Math.max(2, Math.floor(typed.length / 3))
  return names
    .map((name) => ({ name, away: name.includes(typed) && typed.length > 3 ? 1 : distance(typed, name) }))
    .filter(({ away }) => away <= limit)
    .sort((a, b) => a.away - b.away)
    .slice(0, most)
    .map(({ name }) => name)
}

/** How many letters have to be changed, put in or taken out. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
