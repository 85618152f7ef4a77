import { parseSizedType, printSizedType } from './wider-types.ts'

const spellings: Readonly<Record<string, string>> = {
  int: 'integer',
  int4: 'integer',
  int2: 'smallint',
  int8: 'bigint',
  float: 'double precision',
  float8: 'double precision',
  float4: 'real',
  bool: 'boolean',
}

/** A type as the catalog prints it, where it is a common spelling of one; any other as it was written. */
export function printedType(text: string): string {
  const sized = parseSizedType(text)
  if (sized !== undefined) return printSizedType(sized)
  const [, base = '', array = ''] = /^(.*?)((?:\[\])*)$/s.exec(text.trim()) ?? []
  if (array !== '') return printedType(base) + array
  const plain = base.replace(/\s+/g, ' ')
  return spellings[plain.toLowerCase()] ?? plain
}
