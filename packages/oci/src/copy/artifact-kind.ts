import type { Descriptor } from '../descriptor.ts'
import { artifactTypeOf, type Manifest } from '../manifest.ts'
import { MediaTypes } from '../media-types.ts'

/** What most referrers are, by the conventions of those who write them. */
export type ArtifactKind = 'signature' | 'attestation' | 'sbom'

const KINDS: Readonly<Record<string, ArtifactKind>> = {
  'application/vnd.cncf.notary.signature': 'signature',
  'application/vnd.cncf.notary.v2.signature': 'signature',
  'application/vnd.cncf.notary.config.v2+json': 'signature',
  'application/vnd.dev.cosign.artifact.sig.v1+json': 'signature',
  'application/vnd.dev.cosign.simplesigning.v1+json': 'signature',
  'application/vnd.dev.cosign.artifact.att.v1+json': 'attestation',
  'application/vnd.in-toto+json': 'attestation',
  'application/vnd.dsse.envelope.v1+json': 'attestation',
  'application/vnd.dev.cosign.artifact.sbom.v1+json': 'sbom',
  'application/spdx+json': 'sbom',
  'application/vnd.syft+json': 'sbom',
  'application/vnd.cyclonedx': 'sbom',
  'application/vnd.cyclonedx+json': 'sbom',
  'application/vnd.cyclonedx+xml': 'sbom',
  'text/spdx': 'sbom',
  'text/spdx+json': 'sbom',
  'text/spdx+xml': 'sbom',
}
const SUFFIXES: Readonly<Record<string, ArtifactKind>> = {
  '.sig': 'signature',
  '.att': 'attestation',
  '.sbom': 'sbom',
}
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v\d[\d.]*)?\+json/
const BUNDLE_CONTENT = 'dev.sigstore.bundle.content'
const BUNDLE_PREDICATE = 'dev.sigstore.bundle.predicateType'
/** What cosign 3 puts into a bundle when it signs an image. */
const COSIGN_SIGN = 'https://sigstore.dev/cosign/sign/v1'

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
  return !BUNDLE.test(artifactType) || annotations?.[BUNDLE_CONTENT] !== undefined
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
    annotations?.[BUNDLE_CONTENT] === 'message-signature' || annotations?.[BUNDLE_PREDICATE] === COSIGN_SIGN
  return signature ? 'signature' : 'attestation'
}

function bare(type: string): string {
  return type.split(';', 1)[0]!.trim()
}
