import { ReferrerTypes } from '@sealwright/oci'

/** The artifact type of a Notary Project signature, and the media type of its config in the form that tagged notations write. */
export const SIGNATURE_TYPE: typeof ReferrerTypes.notarySignature = ReferrerTypes.notarySignature
/** SHA-256 fingerprints of the chain, leaf first: a JSON array as text. */
export const THUMBPRINTS = 'io.cncf.notary.x509chain.thumbprint#S256'
/** Annotation keys that begin so are the Notary Project's own. */
export const RESERVED_PREFIX = 'io.cncf.notary'
