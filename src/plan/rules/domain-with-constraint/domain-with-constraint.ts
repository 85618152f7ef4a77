import { stringsOf } from '../../../sql/names.ts'
import { asNode, nodesIn } from '../../../sql/tree.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const domainWithConstraint = defineSqlRule({
  name: 'domain-with-constraint',
  summary: 'A rule about values is a check of the table, not of a domain',
  severity: 'warning',
  why: 'a constraint of a domain cannot change without every column of it being read under a lock',
  fix: 'use the plain type and a check on the table, added NOT VALID and validated later',
  on: {
    CreateDomainStmt({ domainname, constraints }) {
      const checked = nodesIn(constraints, 'Constraint').some(
        ({ contype }) => contype === 'CONSTR_CHECK' || contype === 'CONSTR_NOTNULL',
      )
      return checked ? { message: `the domain ${stringsOf(domainname).join('.')} carries a constraint` } : undefined
    },
    AlterDomainStmt({ typeName: names, subtype, def }) {
      const added = asNode(def, 'Constraint')
      if (subtype === 'C') {
        return added?.skip_validation === true
          ? undefined
          : { message: `every column of ${stringsOf(names).join('.')} is read`, severity: 'error' }
      }
      return undefined
    },
  },
})
