import type { TableName } from '../kernel/identifiers.ts'

/** The copy that a wrapper around the provisioning function calls; undefined where the body is no such wrapper. */
export function copyCalledBy(body: string): TableName | undefined {
  if (!/^\n-- lockstep [0-9a-f]{8}:/.test(body)) return undefined
  const called = /^ {2}(?:perform|lockstep_result :=) "((?:[^"]|"")+)"\."((?:[^"]|"")+)"\(/m.exec(body)
  if (called === null) return undefined
  const [schema = '', name = ''] = called.slice(1).map((part) => part.replaceAll('""', '"'))
  return { schema, name }
}
