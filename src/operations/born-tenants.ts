import type { Effect, Look, Phase, PlanWarning, ShardPlan, Work } from './operation.ts'
import { provisionShards } from './provision-steps.ts'
import type { Provision } from './provision-steps.ts'
import type { Extension } from './provisioning.ts'
import { provisionEffect } from './table-effects.ts'
import type { TableTarget } from '../tenants/tenants-config.ts'

/** What a step has the provisioning function do, for new tenants to be born in the new shape. */
export interface BornTenants<Spec> {
  extension?(spec: Spec): Extension | undefined
  /** The phase from which on it does; `expand` without it. */
  extensionPhase?(spec: Spec): 'expand' | 'cutover'
  /** What it has to do from contract on, by itself, where that is something else (or nothing is to be done before). */
  lastExtension?(spec: Spec): Extension | undefined
}

export function bornFrom<Spec>(change: BornTenants<Spec>, spec: Spec): 'expand' | 'cutover' {
  return change.extensionPhase?.(spec) ?? 'expand'
}

/** What the provisioning function has to do from this phase on. */
export function extensionIn<Spec>(change: BornTenants<Spec>, spec: Spec, phase: Phase): Extension | undefined {
  return (phase === 'contract' ? change.lastExtension?.(spec) : undefined) ?? change.extension?.(spec)
}

/** All that it has to do in some phase, the last first. */
export function extensionsOf<Spec>(change: BornTenants<Spec>, spec: Spec): readonly Extension[] {
  return [change.lastExtension?.(spec), change.extension?.(spec)].filter((each) => each !== undefined)
}

/** One shard puts all definitions back, newest first. */
export async function shardsOfProvisionBack<Spec extends { readonly target: TableTarget }>(
  change: BornTenants<Spec>,
  spec: Spec,
  look: Look,
): Promise<readonly ShardPlan[]> {
  for (const extension of extensionsOf(change, spec)) {
    const shards = await provisionShards(extension, spec.target, 'revert', look)
    if (shards.length > 0) return shards
  }
  return []
}

/** What a shard about the function is about; on the way back it is about all of it. */
export function extensionAtWork<Spec>(change: BornTenants<Spec>, { spec, phase }: Work<Spec>): Extension | undefined {
  return phase === 'revert' ? extensionsOf(change, spec)[0] : extensionIn(change, spec, phase)
}

/** What is done to the function, for the plan. */
export function provisionEffects<Spec>(
  change: BornTenants<Spec>,
  spec: Spec,
  provision: Provision | undefined,
): readonly Effect[] {
  if (provision === undefined) return []
  return [
    ...(change.extension?.(spec) === undefined ? [] : [provisionEffect(provision, bornFrom(change, spec))]),
    ...(change.lastExtension?.(spec) === undefined ? [] : [provisionEffect(provision, 'contract')]),
  ]
}

/** W201 where new tenants would get the old shape. */
export function unprovisioned(target: TableTarget, isExtended: boolean, provision: unknown): readonly PlanWarning[] {
  if (!('tenants' in target) || !isExtended || provision !== undefined) return []
  return [
    {
      code: 'W201',
      message: 'no provisioning function is configured: tenants born after this migration completes get the old shape',
      hint: "set tenants.provision in lockstep.config.ts, e.g. 'create_user_table(text)'",
    },
  ]
}
