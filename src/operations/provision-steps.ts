import type { Queryable } from '../stores/tables.ts'
import type { TableTarget } from '../tenants/tenants-config.ts'
import type { Checkpoint, Finding, Look, PreImage, ShardPlan, TableHands, Work, WorkPhase } from './operation.ts'
import {
  extendProvision,
  inspectProvision,
  isExtended,
  isTouched,
  provisionScope,
  scopeOfProvision,
} from './provisioning.ts'
import type { Extension, ProvisionScope } from './provisioning.ts'
import { dropCopy, restoreProvision } from './provisioning-restore.ts'
import { tenantsIn } from './table-targets.ts'

/** The function that makes the target's tables, and its definition hashed: part of what a plan stands on. */
export interface Provision {
  readonly scope: ProvisionScope
  readonly hash: string
}

async function scopeOf(target: TableTarget, look: Look): Promise<ProvisionScope | undefined> {
  return 'tenants' in target ? scopeOfProvision(await tenantsIn(look), target.tenants) : undefined
}

/** Undefined for a single table, and where the configuration names no provisioning function. */
export async function provisionOf(target: TableTarget, look: Look): Promise<Provision | undefined> {
  const scope = await scopeOf(target, look)
  if (scope === undefined) return undefined
  const { hash } = await look.tables.read((q) => inspectProvision(q, scope.provision.signature))
  return { scope, hash }
}

/** The shard that extends the function, where it is not extended; before all tables, so that none is born behind them. */
export async function provisionShards(
  extension: Extension | undefined,
  target: TableTarget,
  phase: WorkPhase,
  look: Look,
): Promise<readonly ShardPlan[]> {
  const scope = extension === undefined ? undefined : await scopeOf(target, look)
  if (scope === undefined || extension === undefined) return []
  const { signature } = scope.provision
  const open = await look.tables.read(async (q) =>
    phase === 'revert' ? isTouched(q, signature, extension.tag) : !(await isExtended(q, signature, extension.tag)),
  )
  return open ? [{ phase, stage: 0, scope, estimate: 1 }] : []
}

/** Extends the function, or puts its exact definition back. Undefined where the shard is not about the function. */
export function workOnProvision(
  work: Work<unknown>,
  hands: TableHands,
  extension: Extension | undefined,
): AsyncGenerator<Checkpoint> | undefined {
  const scope = provisionScope.safeParse(work.scope)
  if (!scope.success || extension === undefined) return undefined
  return work.phase === 'revert' ? restore(hands, scope.data) : extend(hands, scope.data, extension)
}

async function* extend(hands: TableHands, scope: ProvisionScope, extension: Extension): AsyncGenerator<Checkpoint> {
  const names = [scope.provision.signature]
  yield await hands.change({ names, cursor: 'extended', work: (q) => extendProvision(q, scope, extension) })
}

async function* restore(hands: TableHands, { provision }: ProvisionScope): AsyncGenerator<Checkpoint> {
  const { signature } = provision
  for await (const image of hands.preImages()) {
    if (image.name !== signature) continue
    let restored = true
    const work = async (q: Queryable): Promise<readonly PreImage[]> => {
      restored = await restoreProvision(q, image)
      return []
    }
    yield await hands.change({ names: [signature], cursor: 'restored', work })
    // Apart, after that is committed: a tenant that is just being made still calls the copy.
    const drop = async (q: Queryable): Promise<readonly PreImage[]> => {
      await dropCopy(q, image)
      return []
    }
    yield await hands.change({ names: [signature], cursor: 'restored', work: drop })
    if (!restored) hands.warn(`${signature} was replaced by someone else during the run: it stays as they made it`)
  }
}

/** A finding where new tenants are still born in the old shape. */
export async function* bornInOldShape(
  extension: Extension | undefined,
  target: TableTarget,
  look: Look,
): AsyncGenerator<Finding> {
  const scope = extension === undefined ? undefined : await scopeOf(target, look)
  if (scope === undefined || extension === undefined) return
  const { signature } = scope.provision
  const extended = await look.tables.read((q) => isExtended(q, signature, extension.tag))
  if (!extended) yield { where: signature, problem: `makes new tenants without ${extension.what}` }
}

/** A SQL expression of the new tenant's table, qualified and quoted, inside an extension. */
export const newTable = `pg_catalog.format('%I.%I', lockstep_schema, lockstep_table)`
