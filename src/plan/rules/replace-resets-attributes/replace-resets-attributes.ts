import { shown } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { definedBefore } from '../../sql/flow.ts'
import { functionHead } from '../../sql/functions.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const replaceResetsAttributes = defineSqlRule({
  name: 'replace-resets-attributes',
  summary: 'CREATE OR REPLACE FUNCTION says again what the function is',
  severity: 'error',
  why: 'what is left out goes back to the default without a word: SECURITY DEFINER, its settings, its volatility',
  fix: 'write every attribute of the definition before (postgres.replaceFunction keeps them)',
  on: {
    CreateFunctionStmt(create, at) {
      if (create.replace !== true) return undefined
      const head = functionHead(create)
      const last = definedBefore(at)
        .flatMap(({ node }) => asNode(node, 'CreateFunctionStmt') ?? [])
        .map(functionHead)
        .findLast(({ name, arguments: types }) => name === head.name && types.join() === head.arguments.join())
      if (last === undefined) return undefined
      const lost = [
        ...(last.definer && !head.definer ? ['SECURITY DEFINER'] : []),
        ...last.settings.filter((name) => !head.settings.includes(name)).map((name) => `SET ${name}`),
        ...(last.volatility !== undefined && last.volatility !== 'volatile' && head.volatility === undefined
          ? [last.volatility.toUpperCase()]
          : []),
      ]
      return lost.length === 0 ? undefined : { message: `${shown(head.name)} loses ${lost.join(', ')}` }
    },
  },
})
