import { randomBytes } from 'node:crypto'
import { isSealwrightError } from '@sealwright/core'
import type { StoreCall } from '@sealwright/oci'
import type { RegistryBlobs } from './blobs.ts'
import type { Permission, RegistryAbilities } from './examine-registry.ts'
import type { RegistryClient } from './http/client.ts'
import type { RegistryManifests } from './manifests.ts'
import type { Subject } from './referrers/referrers-list.ts'
import type { RegistryReferrers } from './referrers/registry-referrers.ts'
import type { RegistryTags } from './tags.ts'

interface Parts {
  readonly client: RegistryClient
  readonly manifests: RegistryManifests
  readonly blobs: RegistryBlobs
  readonly referrers: RegistryReferrers
  readonly tags: RegistryTags
}

/** Tries what a repository lets us do, and leaves no trace. */
export async function findAbilities(
  { client, manifests, blobs, referrers, tags }: Parts,
  subject: Subject,
  call: StoreCall,
): Promise<RegistryAbilities> {
  const foundBy = await referrers.foundBy(subject, call)
  const listTags = await permission(() => tags.list('', call).next())
  const push = await permission(() => blobs.tryPush(call))
  const nothing = `sha256:${randomBytes(32).toString('hex')}`
  const remove = await permission(() => manifests.delete(nothing, call))
  return { login: client.login(), referrers: foundBy, push, delete: remove, listTags }
}

async function permission(attempt: () => Promise<unknown>): Promise<Permission> {
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
