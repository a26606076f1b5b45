import { isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  type ArtifactStore,
  type Descriptor,
  digestOf,
  formatManifest,
  MediaTypes,
  type PushResult,
  readBlob,
  readManifest,
  type StoreCall,
} from '@sealwright/oci'
import { judgeNv2Manifest } from './judge-signature.ts'
import { MAX_ENVELOPE_BYTES } from './limits.ts'
import { nv2 } from './nv2.ts'
import { nv2Jwt } from './nv2-jwt.ts'
import { openNv2 } from './open-nv2.ts'

/** As types of artifacts, in the order in which they are asked for. */
const MEDIA_TYPES: readonly string[] = [nv2.mediaType, nv2Jwt.mediaType]
const MAX_SIGNATURES = 1000

/** An nv2 signature, stored. */
export interface PushedNv2 {
  /** The artifact that has the signature as its config. */
  readonly artifact: Descriptor
  /** Whether it was stored before; then it is unchanged. */
  readonly existed: boolean
  /** How the store lists it. */
  readonly referrers?: PushResult['referrers'] | undefined
}

/**
 * Stores a signature as the prototype's artifact: a manifest without layers, whose config is the signature itself. Its
 * subject is the signed manifest, by which stores list it; the prototype had a registry of its own for that.
 *
 * @throws {@link SealwrightError} `VALIDATION` for bytes that are not an nv2 signature, and for one of another manifest;
 *   and whatever the store throws.
 */
export async function pushNv2(
  store: ArtifactStore,
  manifest: Descriptor,
  bytes: Uint8Array,
  call: StoreCall = {},
): Promise<PushedNv2> {
  const opened = openNv2(bytes)
  const difference = judgeNv2Manifest(opened, manifest)
  if (difference !== undefined) {
    throw new SealwrightError('VALIDATION', `the signature is not over ${manifest.digest} in ${store.name}`, {
      why: difference.why,
      fix: 'push it to the manifest that it signs',
    })
  }
  const config = describe(opened.mediaType, bytes)
  const { mediaType, digest, size } = manifest
  const content = formatManifest({
    kind: 'image',
    mediaType: MediaTypes.manifest,
    config,
    layers: [],
    subject: { mediaType, digest, size },
  })
  const artifact = { ...describe(MediaTypes.manifest, content), artifactType: config.mediaType }
  const existed = await store.exists(artifact, call)
  // Pushed in any case: existing content stays, and a fallback index that lost the signature lists it again.
  await store.push(config, bytes, call)
  const { referrers } = await store.push(artifact, content, call)
  return { artifact, existed, referrers }
}

function describe(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf('sha256', bytes), size: bytes.length }
}

/** A referrer of an nv2 type: its signature, or the reason why it has none of this manifest. */
export type StoredNv2 =
  | {
      readonly artifact: Descriptor
      /** Describes the bytes of the signature. */
      readonly config: Descriptor
      readonly bytes: Uint8Array
    }
  | { readonly artifact: Descriptor; readonly fault: string }

/**
 * Reads the nv2 signatures of a manifest. None is verified; each can be read and signs this manifest.
 *
 * @throws {@link SealwrightError} `VALIDATION` for more than 1000; and whatever the store throws.
 */
export async function* nv2Signatures(
  store: ArtifactStore,
  manifest: Descriptor,
  call: StoreCall = {},
): AsyncGenerator<StoredNv2> {
  let count = 0
  for (const artifactType of MEDIA_TYPES) {
    for await (const artifact of store.referrers(manifest, { ...call, artifactType })) {
      if (++count > MAX_SIGNATURES) {
        throw new SealwrightError(
          'VALIDATION',
          `${store.name} has more than ${MAX_SIGNATURES} nv2 signatures`,
          {
            why: `they are of ${manifest.digest}`,
            fix: 'delete unused ones',
          },
        )
      }
      yield await readStored(store, artifact, manifest, call)
    }
  }
}

async function readStored(
  store: ArtifactStore,
  artifact: Descriptor,
  subject: Descriptor,
  call: StoreCall,
): Promise<StoredNv2> {
  const manifest = await readManifest(store, artifact, call)
  if (manifest.kind !== 'image' || !MEDIA_TYPES.includes(manifest.config.mediaType))
    return { artifact, fault: 'its config is not an nv2 signature' }
  const { config } = manifest
  if (config.size > MAX_ENVELOPE_BYTES)
    return { artifact, fault: `its signature has ${config.size} bytes, more than ${MAX_ENVELOPE_BYTES}` }
  const bytes = await readBlob(store, config, MAX_ENVELOPE_BYTES, call)
  const fault = faultOf(bytes, subject)
  return fault === undefined ? { artifact, config, bytes } : { artifact, fault }
}

function faultOf(bytes: Uint8Array, manifest: Descriptor): string | undefined {
  try {
    return judgeNv2Manifest(openNv2(bytes), manifest)?.why
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return error.message
    throw error
  }
}
