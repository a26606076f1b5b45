import { SealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import type { ReferrersState, RepairOptions } from './referrers-repair.ts'
import { RegistryStore } from './registry-store.ts'

/**
 * Compares the list of referrers that clients keep for a subject under a tag, where a registry has no API for them, with
 * the manifests in that list and with those that have a tag of their own (`sha256-<subject>.<32 hex of the referrer>`),
 * and writes it anew if it is not true. It may always be run again, also while others write.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` when the store is no registry, and what registries end with.
 */
export async function repairReferrers(
  store: ArtifactStore,
  subject: Pick<Descriptor, 'digest'>,
  options: RepairOptions = {},
): Promise<ReferrersState> {
  if (store instanceof RegistryStore) return store.repair(subject, options)
  throw new SealwrightError(
    'UNSUPPORTED',
    `${store.name} keeps no list of referrers that could be repaired`,
    {
      why: 'it is no registry',
    },
  )
}
