/** A number in decimal, exact: plus or minus 0.DIGITS times ten to the power of `point`. Zero has no digits. */
export interface Decimal {
  readonly negative: boolean
  /** Without leading or trailing zeros. */
  readonly digits: string
  readonly point: number
}

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i

/** Reads what people and JavaScript write ('-1.50', '1e21', '.5'), at any length; undefined for anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  if (whole + fraction === '') return undefined
  const significant = `${whole}${fraction}`.replace(/^0+/, '')
  const leading = whole.length + fraction.length - significant.length
  const point = significant === '' ? 0 : whole.length - leading + Number(exponent)
  return { negative: sign === '-', digits: withoutTrailingZeros(significant), point }
}

/** The integer towards zero and whether a fraction was cut; undefined where it has more than `limit` digits. */
export function integerPart(
  { negative, digits, point }: Decimal,
  limit = 19,
): { value: bigint; cut: boolean } | undefined {
  if (point > limit) return undefined
  const whole = BigInt(point <= 0 ? 0 : digits.slice(0, point).padEnd(point, '0'))
  return { value: negative ? -whole : whole, cut: digits.length > Math.max(point, 0) }
}

export function sameDecimal(a: Decimal, b: Decimal): boolean {
  return a.digits === b.digits && a.point === b.point && a.negative === b.negative
}

/** By hand, because a regular expression would look at each run of zeros again and again. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length
  while (digits[end - 1] === '0') end--
  return digits.slice(0, end)
}
