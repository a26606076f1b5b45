import { randomBytes } from 'node:crypto'
import { type CallOptions, SealwrightError, type Signer } from '@sealwright/core'
import { der } from '@sealwright/core/encoding'
import { type Certificate, isIssuedBy, parseCertificate } from './certificate.ts'
import {
  type DistinguishedName,
  decodeDistinguishedName,
  formatDistinguishedName,
} from './distinguished-name.ts'
import {
  type Extension,
  encodeAuthorityKeyIdentifier,
  encodeBasicConstraints,
  encodeExtensions,
  encodeKeyUsage,
  keyIdentifier,
} from './extension.ts'
import { nameFault } from './name-constraints.ts'
import { OID } from './oids.ts'
import { publicKeyKind } from './public-key.ts'
import { crlExtension, ocspExtension } from './revocation-sources.ts'
import { encodeSignatureAlgorithm, signedDer } from './signature-scheme.ts'
import { encodeSubject, type Subject } from './subject.ts'

export interface IssueOptions extends CallOptions {
  /** Signs the certificate: the CA's key, or the subject's own for a self-signed certificate. */
  readonly signer: Signer
  /** The CA's certificate, whose key the signer holds. Absent: the certificate is self-signed. */
  readonly issuer?: Certificate | undefined
  /** The certificates above `issuer`, up to the root, where they are known: their limits hold too. */
  readonly issuerChain?: readonly Certificate[] | undefined
  readonly subject: Subject
  /** DER SubjectPublicKeyInfo of the subject. Required with `issuer`; without it, the signer's own and no other. */
  readonly publicKey?: Uint8Array | undefined
  /** Valid from and to this second, both included. */
  readonly notBefore: Date
  readonly notAfter: Date
  /** A CA certificate (keyCertSign, cRLSign) in place of a leaf (digitalSignature). Default false. */
  readonly ca?: boolean | undefined
  /** For a CA: how many CA certificates may stand between it and a leaf. Absent: any number. */
  readonly pathLength?: number | undefined
  /** What a leaf is good for: codeSigning, or critical timeStamping. Default `codeSigning`. */
  readonly purpose?: 'codeSigning' | 'timestamping' | undefined
  /** Refuse a subject that Notation's trusted identities cannot match: C, ST and O, each attribute once. Default false. */
  readonly requireIdentity?: boolean | undefined
  /** Positive, big-endian, at most 20 bytes. Default: 20 random bytes. */
  readonly serialNumber?: Uint8Array | undefined
  /** Where the issuer answers for revocation, for `authorityInfoAccess` and `cRLDistributionPoints`. */
  readonly ocspUrls?: readonly string[] | undefined
  readonly crlUrls?: readonly string[] | undefined
}

/**
 * Issues a certificate, signed by a key that stays in its store. A leaf with a key of a Notary Project type meets the
 * profile of {@link checkChain}.
 *
 * Extensions: basicConstraints and keyUsage, both critical; extendedKeyUsage (leaf); subjectKeyIdentifier;
 * authorityKeyIdentifier (unless self-signed).
 *
 * @throws {@link SealwrightError} `VALIDATION`, also where a CA above must not vouch for the subject (nameConstraints) or for
 * one more CA (path length); `KEY_MISMATCH` when the signer's key is not the issuer's; `INTEGRITY` when the finished
 * certificate does not hold under that key; and whatever the signer throws.
 *
 * @example
 * ```ts
 * import type { Signer } from '@sealwright/core'
 * import { issueCertificate } from '@sealwright/x509'
 *
 * declare const signer: Signer
 * const now = new Date()
 * const { der } = await issueCertificate({
 *   signer,
 *   subject: 'CN=release,O=Acme,ST=Hessen,C=DE',
 *   notBefore: now,
 *   notAfter: new Date(now.getTime() + 90 * 86_400_000),
 * })
 * ```
 */
export async function issueCertificate(options: IssueOptions): Promise<Certificate> {
  const { signer, issuer } = options
  const subject = encodeSubject(options.subject, options.requireIdentity ?? false)
  if (issuer) assertMayIssue(issuer, decodeDistinguishedName(subject, 'subject'), options)
  const publicKey = options.publicKey ?? (issuer ? undefined : signer.key.publicKey)
  if (publicKey === undefined)
    throw new SealwrightError('VALIDATION', 'the public key of the subject is missing')
  if (!issuer && Buffer.compare(publicKey, signer.key.publicKey) !== 0) {
    throw new SealwrightError('KEY_MISMATCH', 'a self-signed certificate is over the key that signs it', {
      fix: "leave publicKey out, or give the issuer's certificate",
    })
  }
  publicKeyKind(publicKey)
  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(2)),
    der.integer(serialNumber(options.serialNumber)),
    encodeSignatureAlgorithm(signer.algorithm),
    issuer?.rawSubject ?? subject,
    validity(options),
    subject,
    publicKey,
    der.explicit(3, encodeExtensions(extensionsOf(options, publicKey))),
  )
  const certificate = parseCertificate(await signedDer(toBeSigned, signer, options))
  if (!isIssuedBy(certificate, issuer ?? certificate)) {
    throw new SealwrightError('INTEGRITY', 'the certificate does not hold under the key that signed it', {
      why: `key ${signer.key.reference}, algorithm ${signer.algorithm.id}`,
    })
  }
  return certificate
}

function assertMayIssue(issuer: Certificate, subject: DistinguishedName, options: IssueOptions): void {
  if (Buffer.compare(issuer.publicKey, options.signer.key.publicKey) !== 0) {
    throw new SealwrightError(
      'KEY_MISMATCH',
      `the signing key is not the key of the CA certificate ${formatDistinguishedName(issuer.subject)}`,
      {
        fix: 'give the CA certificate that was issued for this key, or the key of this certificate',
      },
    )
  }
  for (const [below, ca] of [issuer, ...(options.issuerChain ?? [])].entries()) {
    const why = !ca.basicConstraints?.ca
      ? 'its basicConstraints does not say cA true'
      : !ca.keyUsage?.includes('keyCertSign')
        ? 'its keyUsage lacks keyCertSign'
        : ca.rawSubject.length <= 2
          ? 'its subject is empty'
          : (pathLengthFault(ca, below, options) ?? nameFault({ subject, extensions: [] }, ca))
    if (why !== undefined) {
      const what = below === 0 ? 'may not issue this certificate' : 'allows no such certificate below it'
      throw new SealwrightError(
        'VALIDATION',
        `the certificate ${formatDistinguishedName(ca.subject)} ${what}`,
        {
          why,
        },
      )
    }
  }
}

/** `below`: how many CA certificates are between `ca` and the one that is issued. */
function pathLengthFault(
  { basicConstraints }: Certificate,
  below: number,
  { ca = false, pathLength = 0 }: IssueOptions,
): string | undefined {
  const limit = basicConstraints?.pathLength ?? Infinity
  return limit < below + (ca ? 1 + pathLength : 0) ? `its path length is ${limit}` : undefined
}

function validity({ notBefore, notAfter }: IssueOptions): Uint8Array {
  if (!(notBefore.getTime() < notAfter.getTime())) {
    throw new SealwrightError('VALIDATION', 'notAfter must be later than notBefore')
  }
  return der.sequence(der.time(notBefore), der.time(notAfter))
}

/** RFC 5280, section 4.1.2.2, and at least 64 bits from a generator (CA/Browser Forum); here 158 of 160. */
function serialNumber(given: Uint8Array | undefined): Uint8Array {
  if (given === undefined) {
    const random = new Uint8Array(randomBytes(20))
    random[0] = (random[0]! & 0x3f) | 0x40
    return random
  }
  const isPositive = given.some(byte => byte !== 0)
  if (!isPositive || given.length > 20 || (given.length === 20 && given[0]! >= 0x80)) {
    throw new SealwrightError('VALIDATION', 'a serial number is positive and at most 20 bytes long')
  }
  return given
}

function extensionsOf(options: IssueOptions, publicKey: Uint8Array): readonly Extension[] {
  const { issuer, ca = false, pathLength, ocspUrls = [], crlUrls = [] } = options
  if (pathLength !== undefined && !(ca && Number.isSafeInteger(pathLength) && pathLength >= 0)) {
    throw new SealwrightError('VALIDATION', 'a path length belongs to a CA certificate and is not negative')
  }
  const authority = issuer && (issuer.subjectKeyIdentifier ?? keyIdentifier(issuer.publicKey))
  return [
    {
      oid: OID.basicConstraints,
      critical: true,
      value: encodeBasicConstraints({ ca, ...(pathLength === undefined ? {} : { pathLength }) }),
    },
    ...(ca ? [keyUsageOfCa()] : leafUsage(options.purpose ?? 'codeSigning')),
    { oid: OID.subjectKeyIdentifier, critical: false, value: der.octetString(keyIdentifier(publicKey)) },
    ...(authority
      ? [{ oid: OID.authorityKeyIdentifier, critical: false, value: encodeAuthorityKeyIdentifier(authority) }]
      : []),
    ...(ocspUrls.length > 0 ? [ocspExtension(ocspUrls)] : []),
    ...(crlUrls.length > 0 ? [crlExtension(OID.cRLDistributionPoints, crlUrls)] : []),
  ]
}

function keyUsageOfCa(): Extension {
  return { oid: OID.keyUsage, critical: true, value: encodeKeyUsage(['keyCertSign', 'cRLSign']) }
}

/** keyUsage and extendedKeyUsage of a leaf; RFC 3161, section 2.3, has the latter critical for timestamping. */
export function leafUsage(purpose: 'codeSigning' | 'timestamping'): readonly Extension[] {
  const use = purpose === 'codeSigning' ? OID.codeSigning : OID.timeStamping
  return [
    { oid: OID.keyUsage, critical: true, value: encodeKeyUsage(['digitalSignature']) },
    { oid: OID.extKeyUsage, critical: purpose === 'timestamping', value: der.sequence(der.oid(use)) },
  ]
}
