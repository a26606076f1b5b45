/** Attribute names of the Notary Project signature specification, the same in JWS and COSE. */
export const LABELS = {
  signingScheme: 'io.cncf.notary.signingScheme',
  signingTime: 'io.cncf.notary.signingTime',
  authenticSigningTime: 'io.cncf.notary.authenticSigningTime',
  expiry: 'io.cncf.notary.expiry',
  timestampSignature: 'io.cncf.notary.timestampSignature',
  signingAgent: 'io.cncf.notary.signingAgent',
} as const

/** Keys of the payload's annotations that start so are the specification's own. */
export const RESERVED_ANNOTATIONS = 'io.cncf.notary'

export const PAYLOAD_TYPE = 'application/vnd.cncf.notary.payload.v1+json'

/** Most bytes of an envelope; real ones have a few thousand. */
export const MAX_ENVELOPE_BYTES: number = 4 * 1024 * 1024
