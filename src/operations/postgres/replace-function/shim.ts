import { LockstepError } from '../../../kernel/errors.ts'
import type { FunctionState } from './function-state.ts'

/** The function's own definition with an SQL body in place of its own. */
export function shimDefinition({ definition, body, name }: FunctionState, sql: string): string {
  const head = definition.slice(0, definition.lastIndexOf(body)).replace(/AS \$\w*\$$/, '')
  if (head === '' || !/^ LANGUAGE \S+/m.test(head)) {
    throw new LockstepError('LS-2601', `the definition of ${name} has an unknown form`, { hint: 'please report this' })
  }
  let quote = '$lockstep$'
  while (sql.includes(quote)) quote = quote.replace(/\$$/, '_$')
  return `${head.replace(/^ LANGUAGE \S+/m, ' LANGUAGE sql')}AS ${quote}${sql}${quote}`
}
