/** `1,204,318` */
export function printCount(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** A count with its unit, given in the plural: `1 table`, `3,214 tables`, `1 index`. */
export function printCounted(value: number, unit: string): string {
  return `${printCount(value)} ${Math.round(value) === 1 ? unit.replace(/(?<=x)es$|s$/, '') : unit}`
}

/** `<1 s`, `45 s`, `20 min`, `3h40` */
export function printSeconds(seconds: number): string {
  if (seconds < 1) return '<1 s'
  if (seconds < 100) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 100) return `${minutes} min`
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}`
}

/** `<1 s`, `1-6 s`, `20-35 min`, `3h40-5h00` */
export function printRange([low, high]: readonly [number, number]): string {
  const [from, to] = [printSeconds(low), printSeconds(high)]
  if (from === to) return to
  if (from === '<1 s') return `up to ${to}`
  const unit = / \D+$/.exec(to)?.[0] ?? ''
  return unit !== '' && from.endsWith(unit) ? `${from.slice(0, -unit.length)}-${to}` : `${from} to ${to}`
}

/** Seconds that were measured, precise enough to compare: `0.004 s`, `1.2 s`, `3 min`. */
export function printMeasured(seconds: number): string {
  if (seconds >= 100) return printSeconds(seconds)
  return `${seconds < 1 ? seconds.toFixed(3) : seconds.toFixed(1)} s`
}

const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `512 B`, `12 KiB`, `6.4 GiB` */
export function printBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), sizes.length - 1)
  const value = bytes / 1024 ** power
  return `${value >= 10 || power === 0 ? Math.round(value) : value.toFixed(1)} ${sizes[power]}`
}

/** `$0.00`, `<$0.01`, `$26.04` */
export function printDollars(dollars: number): string {
  if (dollars > 0 && dollars < 0.01) return '<$0.01'
  return `$${dollars.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
}
