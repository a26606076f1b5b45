import type { Descriptor } from '../descriptor.ts'
import { artifactTypeOf, type Manifest } from '../manifest.ts'
import { Annotations, COSIGN_SIGN, MediaTypes, ReferrerTypes } from '../media-types.ts'

/** What most referrers are, by the conventions of those who write them. */
export type ArtifactKind = 'signature' | 'attestation' | 'sbom'

const KINDS: Readonly<Record<string, ArtifactKind>> = {
  [ReferrerTypes.notarySignature]: 'signature',
  'application/vnd.cncf.notary.v2.signature': 'signature',
  [ReferrerTypes.nv2Config]: 'signature',
  [ReferrerTypes.cosignSignature]: 'signature',
  [ReferrerTypes.simpleSigning]: 'signature',
  'application/vnd.dev.cosign.artifact.att.v1+json': 'attestation',
  [ReferrerTypes.inToto]: 'attestation',
  [ReferrerTypes.dsse]: 'attestation',
  'application/vnd.dev.cosign.artifact.sbom.v1+json': 'sbom',
  [ReferrerTypes.spdxJson]: 'sbom',
  'application/vnd.syft+json': 'sbom',
  [ReferrerTypes.cyclonedx]: 'sbom',
  [ReferrerTypes.cyclonedxJson]: 'sbom',
  [ReferrerTypes.cyclonedxXml]: 'sbom',
  [ReferrerTypes.spdxText]: 'sbom',
  [ReferrerTypes.spdxTextJson]: 'sbom',
  [ReferrerTypes.spdxXml]: 'sbom',
}
const SUFFIXES: Readonly<Record<string, ArtifactKind>> = {
  '.sig': 'signature',
  '.att': 'attestation',
  '.sbom': 'sbom',
}
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v\d[\d.]*)?\+json/

/** By its type, its config, its layers, and at last by the tag it was found under; nothing if it is something else. */
export function artifactKind(manifest: Manifest, tag?: string): ArtifactKind | undefined {
  const types = [artifactTypeOf(manifest), ...layerTypes(manifest)]
  for (const type of types) {
    const kind = kindOfType(type, manifest.annotations)
    if (kind !== undefined) return kind
  }
  return tag === undefined ? undefined : SUFFIXES[/\.[a-z]+$/.exec(tag)?.[0] ?? '']
}

/** By what a store lists of a referrer, which is not read: its type and annotations. */
export function listedKind({ artifactType, annotations }: Descriptor): ArtifactKind | undefined {
  return kindOfType(artifactType, annotations)
}

/**
 * Whether what a store lists of a referrer tells as much as its manifest would. Of a bundle only its annotations do, which
 * cosign leaves out where it keeps the list itself; the config's type is what some registries list in place of the
 * artifact's.
 */
export function isTelling({ artifactType, annotations }: Descriptor): boolean {
  if (artifactType === undefined || artifactType === MediaTypes.empty) return false
  return !BUNDLE.test(artifactType) || annotations?.[Annotations.bundleContent] !== undefined
}

function kindOfType(
  type: string | undefined,
  annotations: Manifest['annotations'],
): ArtifactKind | undefined {
  if (type === undefined) return undefined
  const known = bare(type)
  return (
    (Object.hasOwn(KINDS, known) ? KINDS[known] : undefined) ??
    (BUNDLE.test(type) ? bundleKind(annotations) : undefined)
  )
}

/** Whether it is one of these: kinds, or media types as `artifactType` or as the type of the config. */
export function isAmong(manifest: Manifest, tag: string | undefined, only: readonly string[]): boolean {
  const kind = artifactKind(manifest, tag)
  const config = manifest.kind === 'image' ? manifest.config.mediaType : undefined
  return only.some(each => each === kind || each === artifactTypeOf(manifest) || each === config)
}

function layerTypes(manifest: Manifest): readonly string[] {
  const layers =
    manifest.kind === 'image' ? manifest.layers : manifest.kind === 'artifact' ? manifest.blobs : []
  return layers.map(({ mediaType }) => mediaType)
}

function bundleKind(annotations: Manifest['annotations']): ArtifactKind {
  const signature =
    annotations?.[Annotations.bundleContent] === 'message-signature' ||
    annotations?.[Annotations.bundlePredicate] === COSIGN_SIGN
  return signature ? 'signature' : 'attestation'
}

function bare(type: string): string {
  return type.split(';', 1)[0]!.trim()
}
