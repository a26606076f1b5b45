import { isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  type ArtifactStore,
  type Descriptor,
  type Manifest,
  readBlob,
  readManifest,
  referrersTag,
} from '@sealwright/oci'
import { MAX_ENVELOPE_BYTES } from '../find-signatures.ts'
import { SIGNATURE_TYPE } from '../media-types.ts'
import type { FoundEnvelope } from './envelope-facts.ts'
import { isInspected } from './inspect-envelope.ts'

/** Under these cosign kept what it made before there were referrers. */
const OLD_TAGS = ['.sig', '.att', '.sbom']

/** An envelope and where it was found. */
export interface AttachedEnvelope extends FoundEnvelope {
  /** Of the manifest that attaches it; of the layer under an old tag. */
  readonly digest: string
  /** What attaches it, if it is a referrer: evidence may be attached to that in turn. */
  readonly manifest?: Descriptor | undefined
  /** cosign's old tag that it was found under. */
  readonly tag?: string | undefined
}

export interface EnvelopesOptions {
  readonly signal?: AbortSignal | undefined
  /** More than these are an error, never a list cut short. Default: no limit. */
  readonly limit?: number | undefined
  /** Media types to read beside those that `inspectEnvelope` knows. */
  readonly mediaTypes?: readonly string[] | undefined
  /** Called with what is listed and cannot be read, which is passed over. */
  readonly onFault?: ((manifest: Descriptor, fault: SealwrightError) => void) | undefined
}

/**
 * Finds the signatures, attestations and bills of materials that are attached to an artifact, by subject or by cosign's old
 * tags, whatever their format. Nothing of them is verified.
 *
 * @throws {@link SealwrightError} of the store where it cannot list; `UNSUPPORTED` beyond the limit.
 */
export async function findEnvelopes(
  store: ArtifactStore,
  subject: Descriptor,
  { signal, limit = Number.POSITIVE_INFINITY, mediaTypes = [], onFault }: EnvelopesOptions = {},
): Promise<readonly AttachedEnvelope[]> {
  const call = { signal }
  const found: AttachedEnvelope[] = []
  const seen = new Set<string>()
  const take = async (descriptor: Descriptor, tag?: string): Promise<void> => {
    if (seen.has(descriptor.digest)) return
    seen.add(descriptor.digest)
    try {
      const manifest = await readManifest(store, descriptor, call)
      if (tag === undefined && manifest.subject?.digest !== subject.digest)
        throw new SealwrightError('VALIDATION', `it refers to ${manifest.subject?.digest ?? 'nothing'}`)
      for (const layer of envelopesIn(manifest, mediaTypes)) {
        if (found.length === limit) throw tooMany(store, subject, limit)
        const { mediaType, annotations } = layer
        const bytes = await readBlob(store, layer, MAX_ENVELOPE_BYTES, call)
        found.push({
          digest: tag === undefined ? descriptor.digest : layer.digest,
          mediaType,
          bytes,
          annotations,
          manifest: tag === undefined ? descriptor : undefined,
          tag,
        })
      }
    } catch (error) {
      if (!isFaultOfOne(error)) throw error
      onFault?.(descriptor, error)
    }
  }
  for await (const manifest of store.referrers(subject, call)) await take(manifest)
  for (const suffix of OLD_TAGS) {
    const tag = `${referrersTag(subject.digest)}${suffix}`
    const tagged = await tagOf(store, tag, call)
    if (tagged !== undefined && tagged.digest !== subject.digest) await take(tagged, tag)
  }
  return found
}

/** The layers to be read of a manifest, or its config, where the prototype kept its signature. */
function envelopesIn(manifest: Manifest, more: readonly string[]): readonly Descriptor[] {
  if (manifest.kind === 'index') return []
  const isRead = ({ mediaType }: Descriptor) => isInspected(mediaType) || more.includes(mediaType)
  const layers = manifest.kind === 'image' ? manifest.layers : manifest.blobs
  const config = manifest.kind === 'image' ? manifest.config : undefined
  const read = [...(config === undefined ? [] : [config]), ...layers].filter(isRead)
  // A signature in an unknown format is shown as such; a manifest that is not a signature is not shown.
  const isSignature = [manifest.artifactType, config?.mediaType].includes(SIGNATURE_TYPE)
  return read.length === 0 && isSignature ? layers : read
}

async function tagOf(
  store: ArtifactStore,
  tag: string,
  call: { readonly signal: AbortSignal | undefined },
): Promise<Descriptor | undefined> {
  try {
    return await store.resolve(tag, call)
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

function isFaultOfOne(error: unknown): error is SealwrightError {
  return isSealwrightError(error) && ['NOT_FOUND', 'INTEGRITY', 'VALIDATION'].includes(error.code)
}

function tooMany(store: ArtifactStore, { digest }: Descriptor, limit: number): SealwrightError {
  return new SealwrightError(
    'UNSUPPORTED',
    `${store.name} holds more than ${limit} signatures of ${digest}`,
    { fix: 'raise the limit to read more of them', remedy: { step: 'raiseLimit' } },
  )
}
