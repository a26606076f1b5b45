import { randomBytes } from 'node:crypto'
import { isSealwrightError, SealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor, StoreCall } from '@sealwright/oci'
import { RegistryStore } from './registry-store.ts'

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

/**
 * Finds out what a registry offers for a repository. Nothing is stored and nothing deleted: an upload is begun and given
 * up, and the delete is of a digest that nothing has.
 *
 * @param subject - Digest of a manifest of the repository.
 * @throws {@link SealwrightError} `UNSUPPORTED` when the store is no registry; whatever is no answer to the question.
 */
export async function examineRegistry(
  store: ArtifactStore,
  subject: Pick<Descriptor, 'digest'>,
  call: StoreCall = {},
): Promise<RegistryAbilities> {
  if (!(store instanceof RegistryStore)) {
    throw new SealwrightError('UNSUPPORTED', `${store.name} is no registry`)
  }
  const referrers = await store.referrersBy(subject, call)
  const listTags = await permission(async () => {
    await store.tags(call).next()
  })
  const push = await permission(() => store.tryPush(call))
  const nothing = `sha256:${randomBytes(32).toString('hex')}`
  const remove = await permission(() => store.tryDelete({ digest: nothing }, call))
  return { login: store.login(), referrers, push, delete: remove, listTags }
}

async function permission(attempt: () => Promise<void>): Promise<Permission> {
  try {
    await attempt()
    return 'allowed'
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    switch (error.code) {
      case 'ACCESS_DENIED':
      case 'UNAUTHENTICATED':
        return 'denied'
      case 'UNSUPPORTED':
        return 'unsupported'
      default:
        throw error
    }
  }
}
