import { type CallOptions, SealwrightError, type Signer } from '@sealwright/core'
import { der } from '@sealwright/core/encoding'
import type { Certificate } from './certificate.ts'
import { type Crl, MAX_CRL_BYTES, readCrl } from './crl.ts'
import type { CrlEntry } from './crl-entries.ts'
import { formatDistinguishedName } from './distinguished-name.ts'
import { type Extension, encodeAuthorityKeyIdentifier, encodeExtensions, keyIdentifier } from './extension.ts'
import { OID } from './oids.ts'
import { crlExtension } from './revocation-sources.ts'
import { encodeReason } from './revocation-status.ts'
import { encodeSignatureAlgorithm, signedDer } from './signature-scheme.ts'

export interface IssueCrlOptions extends CallOptions {
  /** Signs the CRL: the CA's key. */
  readonly signer: Signer
  /** The CA's certificate, whose key the signer holds. */
  readonly issuer: Certificate
  /** Greater than that of every CRL that the CA issued before; at most 159 bits. */
  readonly number: bigint
  /** To the second. The next CRL should be there before `nextUpdate`. */
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** Each serial number once. Those of another CRL: `crl.entries()`. */
  readonly revoked: Iterable<CrlEntry>
  /** Makes it a delta CRL for the base CRL of this number; only a delta may have entries with `removeFromCRL`. */
  readonly baseNumber?: bigint | undefined
  /** Where the delta CRLs of this base CRL will be (freshestCRL). */
  readonly freshestCrlUrls?: readonly string[] | undefined
}

const MAX_NUMBER = 2n ** 159n

/**
 * Issues a CRL (RFC 5280, section 5), version 2 with cRLNumber and authorityKeyIdentifier, signed by a key that stays in
 * its store.
 *
 * @returns What {@link readCrl} reads of it.
 * @throws {@link SealwrightError} `VALIDATION`; `KEY_MISMATCH` when the signer's key is not the issuer's; `INTEGRITY` when
 * the finished CRL does not hold under that key; and whatever the signer throws.
 */
export async function issueCrl(options: IssueCrlOptions): Promise<Crl> {
  const { signer, issuer, thisUpdate, nextUpdate, baseNumber } = options
  assertMayIssueCrls(issuer, signer)
  assertNumbers(options)
  if (!(thisUpdate.getTime() < nextUpdate.getTime()))
    throw new SealwrightError('VALIDATION', 'nextUpdate must be later than thisUpdate')
  const entries = encodeEntries(options.revoked, baseNumber !== undefined)
  const toBeSigned = der.sequence(
    der.integer(1),
    encodeSignatureAlgorithm(signer.algorithm),
    issuer.rawSubject,
    der.time(thisUpdate),
    der.time(nextUpdate),
    ...(entries.length > 0 ? [der.sequence(entries)] : []),
    der.explicit(0, encodeExtensions(extensionsOf(options))),
  )
  if (toBeSigned.length >= MAX_CRL_BYTES) {
    throw new SealwrightError('VALIDATION', 'the CRL would have too many entries', {
      why: `a CRL of ${MAX_CRL_BYTES} bytes or more is not read`,
    })
  }
  return readCrl(await signedDer(toBeSigned, signer, options), { issuer, signal: options.signal })
}

function assertMayIssueCrls(issuer: Certificate, signer: Signer): void {
  const name = formatDistinguishedName(issuer.subject)
  if (Buffer.compare(issuer.publicKey, signer.key.publicKey) !== 0) {
    throw new SealwrightError(
      'KEY_MISMATCH',
      `the signing key is not the key of the CA certificate ${name}`,
      {
        fix: 'give the CA certificate that was issued for this key, or the key of this certificate',
      },
    )
  }
  const why = !issuer.basicConstraints?.ca
    ? 'its basicConstraints does not say cA true'
    : issuer.keyUsage?.includes('cRLSign')
      ? undefined
      : 'its keyUsage lacks cRLSign'
  if (why) throw new SealwrightError('VALIDATION', `the certificate ${name} may not issue CRLs`, { why })
}

function assertNumbers({ number, baseNumber, freshestCrlUrls = [] }: IssueCrlOptions): void {
  if (number < 0n || number >= MAX_NUMBER)
    throw new SealwrightError('VALIDATION', 'the number of a CRL is not negative and has at most 159 bits')
  if (baseNumber === undefined) return
  if (baseNumber < 0n || baseNumber >= number)
    throw new SealwrightError(
      'VALIDATION',
      'the number of a delta CRL must be greater than that of its base CRL',
    )
  if (freshestCrlUrls.length > 0)
    throw new SealwrightError('VALIDATION', 'a delta CRL names no other delta CRL (freshestCRL)')
}

function extensionsOf({ issuer, number, baseNumber, freshestCrlUrls = [] }: IssueCrlOptions): Extension[] {
  const authority = issuer.subjectKeyIdentifier ?? keyIdentifier(issuer.publicKey)
  const indicator = baseNumber !== undefined && {
    oid: OID.deltaCRLIndicator,
    critical: true,
    value: der.integer(baseNumber),
  }
  return [
    { oid: OID.authorityKeyIdentifier, critical: false, value: encodeAuthorityKeyIdentifier(authority) },
    { oid: OID.cRLNumber, critical: false, value: der.integer(number) },
    ...(indicator ? [indicator] : []),
    ...(freshestCrlUrls.length > 0 ? [crlExtension(OID.freshestCRL, freshestCrlUrls)] : []),
  ]
}

/** The contents of revokedCertificates. */
function encodeEntries(revoked: Iterable<CrlEntry>, isDelta: boolean): Uint8Array {
  const seen = new Set<string>()
  const entries: Uint8Array[] = []
  for (const entry of revoked) {
    const { serialNumber, reason } = entry
    if (!/^(?:[0-9a-f]{2})+$/.test(serialNumber) || serialNumber.length > 2 * 20)
      throw new SealwrightError('VALIDATION', `"${serialNumber}" is not a serial number in hexadecimal`)
    if (seen.has(serialNumber))
      throw new SealwrightError('VALIDATION', `the serial number ${serialNumber} is revoked twice`)
    seen.add(serialNumber)
    if (reason === 'removeFromCRL' && !isDelta)
      throw new SealwrightError('VALIDATION', 'removeFromCRL belongs in a delta CRL', {
        fix: 'leave the certificate out of the base CRL',
      })
    entries.push(encodeEntry(entry))
  }
  return Buffer.concat(entries)
}

function encodeEntry({ serialNumber, revokedAt, reason, invalidityDate }: CrlEntry): Uint8Array {
  const extensions: Extension[] = [
    // RFC 5280, section 5.3.1, has `unspecified` left out.
    ...(reason === 'unspecified'
      ? []
      : [{ oid: OID.reasonCode, critical: false, value: encodeReason(reason) }]),
    ...(invalidityDate === undefined
      ? []
      : [{ oid: OID.invalidityDate, critical: false, value: der.generalizedTime(invalidityDate) }]),
  ]
  return der.sequence(
    der.integer(Buffer.from(serialNumber, 'hex')),
    der.time(revokedAt),
    ...(extensions.length > 0 ? [encodeExtensions(extensions)] : []),
  )
}
