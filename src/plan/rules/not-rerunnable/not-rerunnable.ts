import type { Statement } from '../../../sql/statement.ts'
import { asNode, nodesIn } from '../../../sql/tree.ts'
import { atOther, before, transactionOf } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { isDdl, runsAlone } from '../../sql/locks.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const notRerunnable = defineSqlRule({
  name: 'not-rerunnable',
  summary: 'A script that cannot be one transaction can be run again from any statement',
  severity: 'warning',
  why: 'when it stops half-way, what came before stays, and running it again fails on that',
  fix: 'put what must run alone into a file of its own, or guard the rest with IF [NOT] EXISTS',
  on: { IndexStmt: check, DropStmt: check, ReindexStmt: check, AlterTableStmt: check },
})

function check(_: object, at: At): Found {
  if (runsAlone(at.statement) === undefined || transactionOf(at) !== undefined) return undefined
  const others = before(at).filter((each) => isDdl(each) && runsAlone(each) === undefined && !isGuarded(each))
  const open = others.find((each) => transactionOf(atOther(at, each)) === undefined)
  return open === undefined || before(at).some((each) => runsAlone(each) !== undefined)
    ? undefined
    : {
        message: `where this fails, "${open.text.slice(0, 40)}" is done already and fails the next time`.replaceAll(
          '\n',
          ' ',
        ),
      }
}

/** Whether it does no harm a second time. */
function isGuarded({ text, node }: Statement): boolean {
  const alter = asNode(node, 'AlterTableStmt')
  const harmless = nodesIn(alter?.cmds, 'AlterTableCmd').every(({ subtype }) =>
    /^AT_(Validate|Set|Drop(NotNull)|Enable|Disable|Column)/.test(subtype ?? ''),
  )
  return (
    /\bif\s+(not\s+)?exists\b|\bor\s+replace\b/i.test(text) ||
    (alter !== undefined && harmless) ||
    /^(grant|revoke|comment)\b/i.test(text)
  )
}
