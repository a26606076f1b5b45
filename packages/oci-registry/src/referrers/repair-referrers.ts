import { SealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import type { ReferrersState, RepairOptions } from './referrers-repair.ts'

/** A store that keeps lists of referrers which can be put right, as those of `registry` do. */
export interface RepairableStore extends ArtifactStore {
  /** See {@link repairReferrers}. */
  repairReferrers(subject: Pick<Descriptor, 'digest'>, options?: RepairOptions): Promise<ReferrersState>
}

/** Returns whether a store keeps lists of referrers which can be put right. */
export function isRepairable(store: ArtifactStore): store is RepairableStore {
  return 'repairReferrers' in store && typeof store.repairReferrers === 'function'
}

/**
 * Compares the list of referrers that clients keep for a subject under a tag, where a registry has no API for them, with
 * the manifests in that list and with those that have a tag of their own (`sha256-<subject>.<32 hex of the referrer>`),
 * and rewrites it if it is wrong. It may be run at any time, also while others write.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` when the store is not a registry; and the errors of registries.
 */
export async function repairReferrers(
  store: ArtifactStore,
  subject: Pick<Descriptor, 'digest'>,
  options: RepairOptions = {},
): Promise<ReferrersState> {
  if (isRepairable(store)) return store.repairReferrers(subject, options)
  throw new SealwrightError(
    'UNSUPPORTED',
    `${store.name} keeps no list of referrers that could be repaired`,
    {
      why: 'it is not a registry',
    },
  )
}
