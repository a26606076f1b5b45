import { isSealwrightError } from '@sealwright/core'
import {
  type Certificate,
  type Crl,
  isIssuedBy,
  judgeOcsp,
  readTimestampToken,
  verifyTimestampToken,
} from '@sealwright/x509'
import type { TimestampClaim } from '../sound-envelope.ts'
import type { EvidenceFilter } from './attached-evidence.ts'

/** What evidence has to be about. */
export interface EvidenceSubject {
  /** Of the signer: leaf first, root last. */
  readonly chain: readonly Certificate[]
  /** The raw signature, which attached timestamps are over. */
  readonly message: Uint8Array
  /** The timestamps that came with the signature itself. */
  readonly timestamps: readonly TimestampClaim[]
  /** Of the timestamp authorities that are trusted. Without one every timestamp is passed on. */
  readonly roots: readonly Certificate[]
  /** The times as of which statements may count. */
  readonly times: readonly Date[]
  /** Reads a CRL that this CA signed; throws for every other. */
  readCrl(der: Uint8Array, issuer: Certificate): Promise<Crl>
}

/**
 * Returns a filter that accepts what the CAs of the signer, or those of a trusted authority that timestamped the signature,
 * have signed. Whether it is current is not asked. What somebody else made up is refused, so that it takes no place.
 */
export function evidenceFilter(subject: EvidenceSubject): EvidenceFilter {
  const { message, roots, readCrl } = subject
  const chains: (readonly Certificate[])[] = [subject.chain]
  const times = [...subject.times]
  const takeToken = async (token: Uint8Array, over: Uint8Array): Promise<boolean> => {
    const verified = await orNothing(() =>
      verifyTimestampToken(readTimestampToken(token), { message: over, roots }),
    )
    if (verified === undefined) return false
    chains.push(verified.chain)
    times.push(verified.time.latest)
    return true
  }
  const isAbout = (response: Uint8Array, certificate: Certificate, issuer: Certificate): boolean =>
    times.some(at => {
      const status = judgeOcsp(response, { certificate, issuer, at })
      return status.status !== 'unknown' || status.thisUpdate !== undefined
    })
  let ownTokens: Promise<unknown> | undefined
  return async (kind, piece) => {
    ownTokens ??= Promise.all(subject.timestamps.map(({ token, message: over }) => takeToken(token, over)))
    await ownTokens
    const known = distinct(chains.flat())
    switch (kind) {
      case 'timestamps':
        return roots.length === 0 || takeToken(piece, message)
      case 'ocsp':
        return known.some(certificate =>
          known.some(
            issuer =>
              issuer !== certificate &&
              isIssuedBy(certificate, issuer) &&
              isAbout(piece, certificate, issuer),
          ),
        )
      case 'crls':
        for (const issuer of known)
          if ((await orNothing(() => readCrl(piece, issuer))) !== undefined) return true
        return false
    }
  }
}

function distinct(certificates: readonly Certificate[]): readonly Certificate[] {
  return [...new Map(certificates.map(each => [each.fingerprint, each])).values()]
}

async function orNothing<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!isSealwrightError(error) || error.code === 'ABORTED' || error.code === 'TIMEOUT') throw error
    return undefined
  }
}
