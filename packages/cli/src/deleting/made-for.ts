import { type ArtifactStore, type Descriptor, type Manifest, readBlob } from '@sealwright/oci'
import { usageError } from '../frame/usage.ts'
import { MAX_ENVELOPE_BYTES } from '../judging/envelope-file.ts'
import { SIMPLE_SIGNING } from '../looking/envelope-type.ts'
import { inspectFound } from '../looking/inspect-found.ts'

interface Tagged {
  readonly tag: string
  /** What the tag is made of. */
  readonly parent: Descriptor
  /** Whether that is the artifact of which something is deleted, and not what refers to it. */
  readonly ofTarget: boolean
  readonly signal: AbortSignal
}

/**
 * Refuses a manifest under one of cosign's tags (`sha256-<hex>.sig`, `.att`, `.sbom`) that is not what cosign puts there
 * for this digest. Anybody who may push may give such a tag to any manifest, also to another image.
 *
 * @throws {@link SealwrightError} `VALIDATION`; of the store.
 */
export async function assertMadeFor(
  store: ArtifactStore,
  manifest: Manifest,
  { tag, parent, ofTarget, signal }: Tagged,
): Promise<void> {
  const refused = (why: string) =>
    usageError(`${tag} in ${store.name} is not what cosign stores for ${parent.digest}`, {
      why,
      fix: `look at what the tag names, and remove the tag: ${tag}`,
    })
  const suffix = /\.(?:sig|att|sbom)$/.exec(tag)?.[0]
  if (suffix === undefined) throw refused('cosign uses no such tag')
  if (manifest.kind !== 'image' || manifest.layers.length === 0) throw refused('it holds no layers')
  const { subject } = manifest
  if (subject !== undefined && subject.digest !== parent.digest)
    throw refused(`it refers to ${subject.digest}`)
  // It does not say what it is about, and nobody named it.
  if (suffix === '.sbom' && !ofTarget) throw refused('a bill of materials may be that of another artifact')
  for (const layer of manifest.layers) {
    if (!isOf(layer.mediaType, suffix)) throw refused(`it holds a layer of type ${layer.mediaType}`)
    if (suffix === '.sbom') continue
    const bytes = await readBlob(store, layer, MAX_ENVELOPE_BYTES, { signal })
    const { signs, statement, fault } = inspectFound({
      digest: layer.digest,
      mediaType: layer.mediaType,
      bytes,
    })
    const about = signs === null ? subjectsOf(statement) : [signs]
    if (!about.includes(parent.digest)) {
      throw refused(fault ?? `its layer ${layer.digest} is about ${about.join(', ') || 'nothing'}`)
    }
  }
}

function isOf(mediaType: string, suffix: string): boolean {
  switch (suffix) {
    case '.sig':
      return mediaType === SIMPLE_SIGNING
    case '.att':
      return mediaType === 'application/vnd.dsse.envelope.v1+json'
    default:
      return /^(?:text\/spdx|application\/(?:spdx|vnd\.cyclonedx|vnd\.syft))/.test(mediaType)
  }
}

function subjectsOf(statement: ReturnType<typeof inspectFound>['statement']): readonly string[] {
  return (statement?.subjects ?? []).flatMap(({ digest }) =>
    Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`),
  )
}
