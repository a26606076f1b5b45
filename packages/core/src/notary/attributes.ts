/** What a Notary Project signature says of itself, beside its payload. */
export interface NotaryAttributes {
  /** Default `notary.x509`. */
  readonly signingScheme?: 'notary.x509' | 'notary.x509.signingAuthority'
  /** To the second when signing. `authenticSigningTime` under `notary.x509.signingAuthority`, else untrusted. */
  readonly signingTime: Date
  /** To the second when signing; later than `signingTime`. */
  readonly expiry?: Date
  /** Signed attributes that the Notary specification does not define, verification plug-ins included. */
  readonly extended?: readonly ExtendedAttribute[]
  /** What made the envelope, as product and version. Unsigned. */
  readonly signingAgent?: string
}

export interface ExtendedAttribute {
  /** An integer in COSE only. */
  readonly key: string | number
  /** JSON in a JWS; in COSE what `decodeCbor` gives and `encodeCbor` takes. */
  readonly value: unknown
  /** A verifier that does not understand it must refuse the signature. */
  readonly critical: boolean
}
