import { commandsOf } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const replicaIdentityOrDisableTrigger = defineSqlRule({
  name: 'replica-identity-or-disable-trigger',
  summary: 'Triggers stay on, and replicas know their rows',
  severity: 'error',
  why: 'without triggers, tables that are kept in step drift apart; without an identity, replication and Realtime lose updates and deletes',
  fix: 'leave triggers on, or switch off the one that is meant by its name; keep a replica identity that is a key',
  on: {
    AlterTableStmt(alter) {
      const table = shown(tableName(alter.relation))
      const off = [...commandsOf(alter, 'AT_DisableTrigAll'), ...commandsOf(alter, 'AT_DisableTrigUser')]
      const identity = commandsOf(alter, 'AT_ReplicaIdentity').filter(
        ({ def }) => asNode(def, 'ReplicaIdentityStmt')?.identity_type === 'n',
      )
      return [
        ...off.map(() => ({ message: `every trigger of ${table} is switched off` })),
        ...commandsOf(alter, 'AT_DisableTrig').map(({ name }) => ({
          message: `the trigger ${name} of ${table} is switched off`,
          severity: 'warning' as const,
        })),
        ...identity.map(() => ({ message: `${table} loses its replica identity` })),
      ]
    },
    VariableSetStmt({ name, args }) {
      const role = asNode(args?.[0], 'A_Const')?.sval?.sval
      return name === 'session_replication_role' && role === 'replica'
        ? { message: 'session_replication_role = replica switches off every trigger' }
        : undefined
    },
  },
})
