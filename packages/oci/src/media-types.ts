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

const TOKEN = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}'
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:;[ -~]{1,255})?$`)

/** RFC 6838 `type/subtype`; parameters are let through, because published layers carry them. */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text)
}
