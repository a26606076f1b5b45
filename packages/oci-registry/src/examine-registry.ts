import { SealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor, StoreCall } from '@sealwright/oci'

/** Whether a registry does something for us: it does, it does not let us, it does so for nobody. */
export type Permission = 'allowed' | 'denied' | 'unsupported'

/** What a registry offers, to whom it takes us for. */
export interface RegistryAbilities {
  /** `logged in as ci through …/config.json`, that no credentials were found, or that it did not ask. */
  readonly login: string
  /** How it lists referrers: by its API, or not at all, so that clients keep a list under a tag. */
  readonly referrers: 'api' | 'tag'
  readonly push: Permission
  readonly delete: Permission
  readonly listTags: Permission
}

/** A store that can find out what it offers, as those of `registry` can. */
export interface ExaminableStore extends ArtifactStore {
  /** See {@link examineRegistry}. */
  examine(subject: Pick<Descriptor, 'digest'>, call?: StoreCall): Promise<RegistryAbilities>
}

/** Returns whether a store can find out what it offers. */
export function isExaminable(store: ArtifactStore): store is ExaminableStore {
  return 'examine' in store && typeof store.examine === 'function'
}

/**
 * Finds out what a registry offers for a repository. Nothing is stored and nothing deleted: an upload is begun and given
 * up, and the delete is of a digest that nothing has.
 *
 * @param subject - Digest of a manifest of the repository.
 * @throws {@link SealwrightError} `UNSUPPORTED` when the store is not a registry; and every error that does not answer the question.
 */
export async function examineRegistry(
  store: ArtifactStore,
  subject: Pick<Descriptor, 'digest'>,
  call: StoreCall = {},
): Promise<RegistryAbilities> {
  if (isExaminable(store)) return store.examine(subject, call)
  throw new SealwrightError('UNSUPPORTED', `${store.name} is not a registry`)
}
