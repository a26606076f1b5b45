import { isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  type ArtifactStore,
  type Descriptor,
  type Manifest,
  readBlob,
  readManifest,
  referrersTag,
} from '@sealwright/oci'
import { MAX_ENVELOPE_BYTES } from '../judging/envelope-file.ts'
import type { FoundEnvelope } from './found-envelope.ts'
import { isInspected } from './inspect-found.ts'

/** Under these cosign kept what it made before there were referrers. */
const OLD_TAGS = ['.sig', '.att', '.sbom']

export interface EnvelopesOptions {
  readonly signal: AbortSignal
  /** More than these are an error, never a list cut short. */
  readonly limit: number
  /** Told of what is listed and cannot be read. */
  readonly onFault: (text: string) => void
}

/**
 * The signatures, attestations and bills of materials that are attached to an artifact, by subject or by cosign's old tags.
 *
 * @throws {@link SealwrightError} of the store where it cannot list; `UNSUPPORTED` beyond the limit.
 */
export async function envelopesOfArtifact(
  store: ArtifactStore,
  subject: Descriptor,
  options: EnvelopesOptions,
): Promise<readonly FoundEnvelope[]> {
  const { signal, limit, onFault } = options
  const found: FoundEnvelope[] = []
  const seen = new Set<string>()
  const take = async (manifest: Descriptor, tag?: string): Promise<void> => {
    if (seen.has(manifest.digest)) return
    seen.add(manifest.digest)
    try {
      for (const layer of await layersOf(store, manifest, { subject, signal, tag })) {
        if (found.length === limit) throw tooMany(store, subject, limit)
        const { mediaType, annotations } = layer
        found.push({
          digest: tag === undefined ? manifest.digest : layer.digest,
          mediaType,
          bytes: await readBlob(store, layer, MAX_ENVELOPE_BYTES, { signal }),
          ...(annotations === undefined ? {} : { annotations }),
          ...(tag === undefined ? {} : { tag }),
        })
      }
    } catch (error) {
      if (!isFaultOfOne(error)) throw error
      onFault(
        `${manifest.digest} cannot be read: ${error.message}${error.why === undefined ? '' : `: ${error.why}`}`,
      )
    }
  }
  for await (const manifest of store.referrers(subject, { signal })) await take(manifest)
  for (const suffix of OLD_TAGS) {
    const tag = `${referrersTag(subject.digest)}${suffix}`
    const tagged = await tagOf(store, tag, signal)
    if (tagged !== undefined && tagged.digest !== subject.digest) await take(tagged, tag)
  }
  return found
}

/** What of a manifest is looked into: its layers, or its config where the prototype kept its signature there. */
async function layersOf(
  store: ArtifactStore,
  descriptor: Descriptor,
  { subject, signal, tag }: { subject: Descriptor; signal: AbortSignal; tag: string | undefined },
): Promise<readonly Descriptor[]> {
  const manifest: Manifest = await readManifest(store, descriptor, { signal })
  if (tag === undefined && manifest.subject?.digest !== subject.digest) {
    throw new SealwrightError('VALIDATION', `it refers to ${manifest.subject?.digest ?? 'nothing'}`)
  }
  if (manifest.kind === 'index') return []
  const layers = manifest.kind === 'image' ? manifest.layers : manifest.blobs
  const config = manifest.kind === 'image' && isInspected(manifest.config.mediaType) ? [manifest.config] : []
  const whole = [...config, ...layers.filter(({ mediaType }) => isInspected(mediaType))]
  // A signature of a format that nobody knows is shown as such; what is no signature is not shown.
  const isSignature = manifest.artifactType === SIGNATURE_TYPE || configType(manifest) === SIGNATURE_TYPE
  return whole.length === 0 && isSignature ? layers : whole
}

const SIGNATURE_TYPE = 'application/vnd.cncf.notary.signature'

function configType(manifest: Manifest): string | undefined {
  return manifest.kind === 'image' ? manifest.config.mediaType : undefined
}

async function tagOf(
  store: ArtifactStore,
  tag: string,
  signal: AbortSignal,
): Promise<Descriptor | undefined> {
  try {
    return await store.resolve(tag, { signal })
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
    {
      fix: 'look at more of them: --max-signatures',
    },
  )
}
