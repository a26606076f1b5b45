/** Media types of manifests, as image-spec and Docker name them. */
export const MediaTypes: {
  readonly manifest: 'application/vnd.oci.image.manifest.v1+json'
  readonly index: 'application/vnd.oci.image.index.v1+json'
  readonly artifactManifest: 'application/vnd.oci.artifact.manifest.v1+json'
  readonly dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json'
  readonly dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json'
  readonly empty: 'application/vnd.oci.empty.v1+json'
} = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  artifactManifest: 'application/vnd.oci.artifact.manifest.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  empty: 'application/vnd.oci.empty.v1+json',
}

export type ManifestMediaType = Exclude<(typeof MediaTypes)[keyof typeof MediaTypes], typeof MediaTypes.empty>

/** In the order in which they are asked for. */
export const manifestMediaTypes: readonly ManifestMediaType[] = [
  MediaTypes.index,
  MediaTypes.manifest,
  MediaTypes.dockerList,
  MediaTypes.dockerManifest,
  MediaTypes.artifactManifest,
]

/** Whether content of this type is a manifest: it may refer to others, and registries keep it apart from blobs. */
export function isManifestMediaType(mediaType: string): mediaType is ManifestMediaType {
  return (manifestMediaTypes as readonly string[]).includes(mediaType)
}

/** Media types of what is attached to artifacts, as those who write it name them. */
export const ReferrerTypes = {
  /** The artifact type of a Notary Project signature. */
  notarySignature: 'application/vnd.cncf.notary.signature',
  /** The config of a signature of Notary v2's prototype. */
  nv2Config: 'application/vnd.cncf.notary.config.v2+json',
  /** cosign's signature as a referrer. */
  cosignSignature: 'application/vnd.dev.cosign.artifact.sig.v1+json',
  /** A layer under cosign's tag `sha256-<hex>.sig`. */
  simpleSigning: 'application/vnd.dev.cosign.simplesigning.v1+json',
  dsse: 'application/vnd.dsse.envelope.v1+json',
  inToto: 'application/vnd.in-toto+json',
  spdxJson: 'application/spdx+json',
  spdxTextJson: 'text/spdx+json',
  spdxText: 'text/spdx',
  spdxXml: 'text/spdx+xml',
  cyclonedx: 'application/vnd.cyclonedx',
  cyclonedxJson: 'application/vnd.cyclonedx+json',
  cyclonedxXml: 'application/vnd.cyclonedx+xml',
} as const

/** Keys of annotations, of image-spec and of Sigstore bundles (cosign's `specs/BUNDLE_SPEC.md`). */
export const Annotations = {
  /** RFC 3339. */
  created: 'org.opencontainers.image.created',
  /** The tag of an entry in a layout's `index.json`. */
  refName: 'org.opencontainers.image.ref.name',
  bundleContent: 'dev.sigstore.bundle.content',
  bundlePredicate: 'dev.sigstore.bundle.predicateType',
} as const

/** The predicate type of a bundle that cosign 3 makes when it signs an image. */
export const COSIGN_SIGN = 'https://sigstore.dev/cosign/sign/v1'

const TOKEN = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}'
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:;[ -~]{1,255})?$`)

/** RFC 6838 `type/subtype`; parameters are let through, because published layers carry them. */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text)
}
