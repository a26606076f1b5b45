import { STAPLED_LIMITS, type StapledKind } from '@sealwright/core'

/**
 * Unsigned evidence about a signature, each piece DER. It is not trusted: CAs signed the statements, and authorities the
 * timestamps.
 */
export interface SignatureEvidence {
  /** OCSPResponses. */
  readonly ocsp: readonly Uint8Array[]
  /** CertificateLists, of less than 32 MiB each. */
  readonly crls: readonly Uint8Array[]
  /** RFC 3161 TimeStampTokens over the raw signature. */
  readonly timestamps: readonly Uint8Array[]
}

/** Returns all the evidence, each piece once, in the order given. */
export function mergeEvidence(...parts: readonly Partial<SignatureEvidence>[]): SignatureEvidence {
  const all = (kind: StapledKind): readonly Uint8Array[] => {
    const pieces = parts.flatMap(part => part[kind] ?? [])
    return pieces.filter(
      (piece, index) => pieces.findIndex(other => Buffer.compare(piece, other) === 0) === index,
    )
  }
  return { ocsp: all('ocsp'), crls: all('crls'), timestamps: all('timestamps') }
}

/**
 * Returns the statements that have a place within an envelope: OCSP responses of at most 20 KiB, CRLs of at most 64 KiB, the
 * first 16 of each. `countersign` returns them as `stapled`. The rest can be attached.
 */
export function stapleable({
  ocsp,
  crls,
}: Pick<SignatureEvidence, 'ocsp' | 'crls'>): Pick<SignatureEvidence, 'ocsp' | 'crls'> {
  const fitting = (kind: StapledKind, pieces: readonly Uint8Array[]): readonly Uint8Array[] => {
    const { bytes, count } = STAPLED_LIMITS[kind]
    return pieces.filter(({ length }) => length <= bytes).slice(0, count)
  }
  return { ocsp: fitting('ocsp', ocsp), crls: fitting('crls', crls) }
}
