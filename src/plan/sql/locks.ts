import type { AlterTableStmt, Node, RangeVar } from 'libpg-query'
import { listedName, tableName } from '../../sql/names.ts'
import type { Statement } from '../../sql/statement.ts'
import { asNode, nodesIn } from '../../sql/tree.ts'

/** The tables that a statement locks against writers or readers until its transaction ends. */
export function lockedTables(statement: Statement): readonly string[] {
  const found = known.get(statement) ?? findLocked(statement)
  known.set(statement, found)
  return found
}

const known = new WeakMap<Statement, readonly string[]>()

function findLocked({ node }: Statement): readonly string[] {
  const drop = asNode(node, 'DropStmt')
  if (drop !== undefined) return drop.removeType === 'OBJECT_TABLE' ? (drop.objects ?? []).map(listedName) : []
  const alter = asNode(node, 'AlterTableStmt')
  if (alter !== undefined && (alter.objtype !== 'OBJECT_TABLE' || isGentle(alter))) return []
  const relation = lockedRelation(node)
  return [
    ...(relation === undefined ? [] : [tableName(relation)]),
    ...referenced(alter?.cmds),
    ...nodesIn(asNode(node, 'TruncateStmt')?.relations, 'RangeVar').map(tableName),
  ]
}

/** Whether it lets readers and writers go on, and so whoever waits behind it as well. */
function isGentle({ cmds }: AlterTableStmt): boolean {
  return nodesIn(cmds, 'AlterTableCmd').every(({ subtype }) => gentle.has(subtype ?? ''))
}

const gentle: ReadonlySet<string> = new Set([
  'AT_ValidateConstraint',
  'AT_SetStatistics',
  'AT_ClusterOn',
  'AT_DropCluster',
])

/** The one table that a statement is about. */
function lockedRelation(node: Node): RangeVar | undefined {
  const index = asNode(node, 'IndexStmt')
  if (index !== undefined) return index.concurrent === true ? undefined : index.relation
  return (
    asNode(node, 'AlterTableStmt')?.relation ??
    asNode(node, 'RenameStmt')?.relation ??
    asNode(node, 'CreateTrigStmt')?.relation ??
    asNode(node, 'CreatePolicyStmt')?.table ??
    asNode(node, 'AlterPolicyStmt')?.table ??
    asNode(node, 'RuleStmt')?.relation
  )
}

function referenced(commands: Parameters<typeof nodesIn>[0]): readonly string[] {
  return nodesIn(commands, 'AlterTableCmd').flatMap(({ def }) => {
    const constraint = asNode(def, 'Constraint')
    const inline = nodesIn(asNode(def, 'ColumnDef')?.constraints, 'Constraint')
    return [...(constraint === undefined ? [] : [constraint]), ...inline].flatMap(({ pktable }) =>
      pktable === undefined ? [] : [tableName(pktable)],
    )
  })
}

/** Whether the statement changes a schema. */
export function isDdl({ tag }: Statement): boolean {
  return /^(Create|Alter|Drop|Index|Rename|Truncate|Comment|Grant|View|Define|Rule)\w*Stmt$/.test(tag)
}

/** Whether Postgres refuses the statement in a transaction, and what it is called. */
export function runsAlone({ node }: Statement): string | undefined {
  if (asNode(node, 'IndexStmt')?.concurrent === true) return 'CREATE INDEX CONCURRENTLY'
  const drop = asNode(node, 'DropStmt')
  if (drop?.concurrent === true) return 'DROP INDEX CONCURRENTLY'
  const reindex = asNode(node, 'ReindexStmt')
  if (nodesIn(reindex?.params, 'DefElem').some(({ defname }) => defname === 'concurrently'))
    return 'REINDEX CONCURRENTLY'
  const detached = nodesIn(asNode(node, 'AlterTableStmt')?.cmds, 'AlterTableCmd').some(
    ({ subtype, def }) => subtype === 'AT_DetachPartition' && asNode(def, 'PartitionCmd')?.concurrent === true,
  )
  if (detached) return 'DETACH PARTITION CONCURRENTLY'
  if (asNode(node, 'VacuumStmt')?.is_vacuumcmd === true) return 'VACUUM'
  return 'CreatedbStmt' in node || 'DropdbStmt' in node ? 'CREATE or DROP DATABASE' : undefined
}
