/** The artifact type of a Notary Project signature, and the media type of its config in the form that tagged notations write. */
export const SIGNATURE_TYPE = 'application/vnd.cncf.notary.signature'
/** The one payload type of a Notary Project envelope. */
export const PAYLOAD_TYPE = 'application/vnd.cncf.notary.payload.v1+json'
export const IMAGE_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json'
/** SHA-256 fingerprints of the chain, leaf first: a JSON array as text. */
export const THUMBPRINTS = 'io.cncf.notary.x509chain.thumbprint#S256'
export const CREATED = 'org.opencontainers.image.created'
/** Annotation keys that begin so are the Notary Project's own. */
export const RESERVED_PREFIX = 'io.cncf.notary'
