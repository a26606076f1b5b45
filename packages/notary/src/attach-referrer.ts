import { isSealwrightError, SealwrightError, type SealwrightErrorOptions } from '@sealwright/core'
import {
  type ArtifactStore,
  type Descriptor,
  type PushResult,
  readBlob,
  type StoreCall,
} from '@sealwright/oci'
import type { StorableBytes } from './signature-manifest.ts'

/** A manifest that refers to another, with what it names: made here, not stored yet. */
export interface MadeReferrer {
  /** What errors call it. */
  readonly what: 'signature' | 'attestation' | 'evidence'
  readonly subject: Descriptor
  readonly manifest: StorableBytes
  readonly config: StorableBytes
  readonly layers: readonly StorableBytes[]
}

/** Larger blobs are sent only if they are not there: a CRL is one for many signatures. */
const ASKED_ABOVE_BYTES = 64 * 1024

/**
 * Stores a referrer, and reads it back: what is stored is what others find. A list under a tag was read by the store itself
 * after it was written.
 *
 * @returns How others find it: by the referrers API, the fallback tag, or the layout.
 * @throws {@link SealwrightError} of the store; `INTEGRITY` if it is not found where it was stored.
 */
export async function attachReferrer(
  store: ArtifactStore,
  made: MadeReferrer,
  call: StoreCall,
): Promise<NonNullable<PushResult['referrers']>> {
  const { subject, manifest, config, layers } = made
  for (const { descriptor, bytes } of [config, ...layers])
    await store.push(descriptor, bytes, { ...call, assumeAbsent: bytes.byteLength <= ASKED_ABOVE_BYTES })
  const { referrers } = await store.push(manifest.descriptor, manifest.bytes, call)
  if (referrers === undefined) throw lost(store, made, 'the store does not say how it lists referrers')
  if (referrers !== 'tag' && !(await isListed(store, subject, manifest.descriptor, call)))
    throw referrers === 'api'
      ? lost(store, made, 'the referrers API of the registry does not list it', LISTED_LATE)
      : lost(store, made, 'the list of referrers does not name it')
  try {
    for (const { descriptor } of [manifest, ...layers])
      await readBlob(store, descriptor, descriptor.size, call)
  } catch (error) {
    throw isSealwrightError(error) && error.code === 'NOT_FOUND' ? lost(store, made, error.message) : error
  }
  return referrers
}

async function isListed(
  store: ArtifactStore,
  subject: Descriptor,
  { digest }: Descriptor,
  call: StoreCall,
): Promise<boolean> {
  for await (const listed of store.referrers(subject, call)) if (listed.digest === digest) return true
  return false
}

const LISTED_LATE = {
  fix: 'wait, if the registry lists late; or store it again with the fallback index in place of the API, and verify with it too',
  remedy: { step: 'useFallbackIndex' },
} as const

function lost(
  store: ArtifactStore,
  { what, manifest }: MadeReferrer,
  why: string,
  advice: Pick<SealwrightErrorOptions, 'fix' | 'remedy'> = {
    fix: 'try again; if the error persists, the store loses or hides accepted content',
  },
): SealwrightError {
  return new SealwrightError(
    'INTEGRITY',
    `the ${what} ${manifest.descriptor.digest} was pushed to ${store.name} and cannot be read back`,
    { why, ...advice },
  )
}
