import { SealwrightError } from '@sealwright/core'
import { derSequence, readDer } from '@sealwright/core/encoding'
import { type Certificate, isSignedBy } from './certificate.ts'
import { caFaults, leafFaults, signatureAlgorithmFaults } from './certificate-profile.ts'
import { checkValidity } from './chain.ts'
import {
  type DistinguishedName,
  decodeDistinguishedName,
  formatDistinguishedName,
} from './distinguished-name.ts'
import { GENERAL_NAME } from './general-names.ts'
import { isSelfIssued, nameFault } from './name-constraints.ts'
import { nameOfOid, OID } from './oids.ts'
import { cmsSignatureScheme, isDigestOf, verifyWithScheme } from './signature-scheme.ts'
import type { TimeRange } from './timestamp-info.ts'
import { isIdentifiedBy, signerCertificate, type TimestampSigner } from './timestamp-signer.ts'
import type { TimestampToken } from './timestamp-token.ts'

export interface VerifyTimestampOptions {
  /** What the token must be over: for a signature, its raw bytes. Hashed with the hash of the token's imprint. */
  readonly message: Uint8Array
  /** Self-signed roots, one of which the chain of the authority must end in. */
  readonly roots: readonly Certificate[]
  /** Certificates of authorities that a token need not carry, such as those of a Sigstore trusted root. */
  readonly intermediates?: readonly Certificate[] | undefined
}

/** What a valid token proves: that the message existed at a time within `time`, by the word of the holder of `chain[0]`. */
export interface VerifiedTimestamp {
  readonly time: TimeRange
  /** The chain of the authority, leaf first, root last. Whether one of them is revoked is not judged here. */
  readonly chain: readonly Certificate[]
}

/**
 * Verifies a token: its imprint, the signature of its signer, and the shortest chain of certificates from there to one of
 * the roots that meets at genTime the rules for `timestamping` of {@link checkChain}, and those of RFC 5280 on extended key
 * usages of CAs and critical extensions. Revocation is left to the caller.
 *
 * Sources: RFC 3161 section 2.3, RFC 5816, and the Notary Project trust policy specification, "Authentic Timestamp".
 *
 * @throws {@link SealwrightError} `INTEGRITY` when the imprint, the digest, the signature or the certificate of the signer
 * does not match, `VALIDATION` when no chain to a root meets the rules.
 */
export function verifyTimestampToken(
  token: TimestampToken,
  { message, roots, intermediates = [] }: VerifyTimestampOptions,
): VerifiedTimestamp {
  const { imprint, signer, content } = token
  if (!isDigestOf(message, imprint.digest, imprint.hash)) {
    throw new SealwrightError('INTEGRITY', 'the timestamp token is for another message', {
      why: `its message imprint is not the ${imprint.hash} digest of the message`,
    })
  }
  const certificates = [...token.certificates, ...intermediates]
  const certificate = signerCertificate(signer, [...certificates, ...roots])
  if (!isDigestOf(content, signer.messageDigest, signer.hash)) {
    throw new SealwrightError('INTEGRITY', 'the timestamp token was changed after it was signed', {
      why: 'the signed messageDigest is not the digest of its TSTInfo',
    })
  }
  if (!isSignedBySigner(signer, certificate)) {
    throw new SealwrightError('INTEGRITY', 'the signature of the timestamp token does not match', {
      why: `it was not made with the key of ${nameOf(certificate)}, or its signed attributes were changed`,
    })
  }
  if (token.tsa !== undefined && !isNamed(certificate, token.tsa)) {
    // RFC 3161, section 2.4.2.
    throw new SealwrightError('VALIDATION', 'the timestamp token names another authority than its signer', {
      why: `tsa is not a subject name of ${nameOf(certificate)}`,
    })
  }
  // RFC 5035, section 5.4: where signingCertificateV2 names more than the signer, the chain may have no others.
  const [, ...limits] = signer.certificateIds
  const isAllowed = (one: Certificate) => limits.length === 0 || limits.some(id => isIdentifiedBy(one, id))
  const chain = timestampChain(certificate, { certificates, roots, at: token.genTime, isAllowed })
  return { time: token.time, chain }
}

function isSignedBySigner(signer: TimestampSigner, certificate: Certificate): boolean {
  const scheme = cmsSignatureScheme(signer.signatureAlgorithm, signer.hash)
  if ('refused' in scheme) return false
  try {
    return verifyWithScheme(scheme, certificate.publicKeyObject, signer.signedAttributes, signer.signature)
  } catch {
    // A key that cannot be used verifies nothing.
    return false
  }
}

/** Whether a GeneralName is the subject or an alternative name of a certificate. */
function isNamed(certificate: Certificate, name: Uint8Array): boolean {
  const extension = certificate.extensions.find(({ oid }) => oid === OID.subjectAltName)
  const names = extension && derSequence(readDer(extension.value, 'subjectAltName'), 'subjectAltName')
  if (names?.some(({ bytes }) => Buffer.compare(bytes, name) === 0)) return true
  const value = readDer(name, 'tsa')
  if (value.tag !== GENERAL_NAME.directoryName) return false
  if (Buffer.compare(value.contents, certificate.rawSubject) === 0) return true
  // Authorities write their name in another string type than their certificate has.
  const subject = decodeDistinguishedName(value.contents, 'timestamp token, tsa')
  return formatDistinguishedName(subject) === nameOf(certificate)
}

function nameOf({ subject }: Certificate): string {
  return formatDistinguishedName(subject)
}

interface TimestampChainSearch {
  /** What the chain may be made of; untrusted. */
  readonly certificates: readonly Certificate[]
  /** Where it must end. */
  readonly roots: readonly Certificate[]
  readonly at: Date
  /** Whether a certificate between leaf and root may be used. */
  readonly isAllowed: (certificate: Certificate) => boolean
}

const MAX_LENGTH = 20
/** As many as Go's verifier makes before it gives up. */
const MAX_SIGNATURE_CHECKS = 100
const MAX_REASONS = 5
/** What is evaluated here, by the rules of {@link checkChain}, or by whoever looks for revocation. */
const EVALUATED: readonly string[] = [
  OID.keyUsage,
  OID.basicConstraints,
  OID.extKeyUsage,
  OID.nameConstraints,
  OID.certificatePolicies,
  OID.cRLDistributionPoints,
]

/** A certificate that was reached from the leaf. */
interface Link {
  readonly certificate: Certificate
  /** What it issued; absent for the leaf. */
  readonly issued?: Link
  /** How many certificates are below it. */
  readonly below: number
}

/**
 * Finds the shortest chain from the certificate of a time-stamp authority to a trusted root that meets the rules at a time.
 *
 * Each certificate is visited once, as near to the leaf as it can be: a path length that does not allow it there allows it
 * nowhere above. Of the other rules, only nameConstraints depend on what is below: where they refuse the nearest path to a
 * CA, a longer one is not tried. So the work does not grow with the number of possible paths.
 *
 * @returns Leaf first, root last.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
function timestampChain(
  leaf: Certificate,
  { certificates, roots, at, isAllowed }: TimestampChainSearch,
): readonly Certificate[] {
  const faults = [
    ...commonFaults(leaf, at),
    ...[...leafFaults(leaf, 'timestamping')].map(({ message }) => message),
  ]
  if (faults.length > 0) {
    throw new SealwrightError(
      'VALIDATION',
      'the certificate of the timestamp signer breaks the rules for timestamping',
      {
        why: `${format(leaf.subject)}: ${faults.join('; ')}`,
      },
    )
  }
  const trusted = new Set(roots.filter(({ selfSigned }) => selfSigned).map(({ fingerprint }) => fingerprint))
  // Of equal certificates the last stays: a root of ours has its key made already.
  const candidates = [
    ...new Map([...roots, ...certificates, ...roots].map(one => [one.fingerprint, one])).values(),
  ]
  const reached = new Set([leaf.fingerprint])
  const reasons: string[] = []
  let checks = 0
  const links: Link[] = [{ certificate: leaf, below: 0 }]
  for (const link of links) {
    const { certificate, below } = link
    if (trusted.has(certificate.fingerprint)) return chainOf(link)
    if (certificate.selfSigned) {
      reasons.push(`${format(certificate.subject)} is self-signed, and not a trusted root`)
      continue
    }
    const named = candidates.filter(
      ({ rawSubject }) => Buffer.compare(rawSubject, certificate.rawIssuer) === 0,
    )
    if (named.length === 0) reasons.push(`the certificate of ${format(certificate.issuer)} is absent`)
    for (const issuer of named) {
      if (reached.has(issuer.fingerprint)) continue
      if (++checks > MAX_SIGNATURE_CHECKS)
        throw noChain([`more than ${MAX_SIGNATURE_CHECKS} signatures would have to be checked`])
      if (!isSignedBy(certificate, issuer)) {
        reasons.push(
          `${format(certificate.subject)} was not signed with the key of ${format(issuer.subject)}`,
        )
        continue
      }
      reached.add(issuer.fingerprint)
      const issuerFaults = [
        ...commonFaults(issuer, at),
        ...issuingFaults(issuer, link),
        ...(trusted.has(issuer.fingerprint) || isAllowed(issuer) ? [] : ['signingCertificateV2 excludes it']),
      ]
      if (issuerFaults.length > 0) reasons.push(`${format(issuer.subject)}: ${issuerFaults.join('; ')}`)
      else links.push({ certificate: issuer, issued: link, below: below + 1 })
    }
  }
  throw noChain(reasons)
}

/** What is wrong with a certificate wherever it is in the chain. */
function* commonFaults(certificate: Certificate, at: Date): Generator<string> {
  for (const { message } of signatureAlgorithmFaults(certificate)) yield message
  for (const { message } of checkValidity([certificate], { earliest: at, latest: at })) yield message
  for (const { oid, critical } of certificate.extensions) {
    if (critical && !EVALUATED.includes(oid))
      yield `the critical extension ${nameOfOid(oid)} is not evaluated`
  }
}

function* issuingFaults(ca: Certificate, issued: Link): Generator<string> {
  const { below } = issued
  if (below + 2 > MAX_LENGTH) yield `the chain has more than ${MAX_LENGTH} certificates`
  for (const { message } of caFaults(ca, 'timestamping', below)) yield message
  const uses = ca.extendedKeyUsage ?? [OID.anyExtendedKeyUsage]
  if (!uses.includes(OID.timeStamping) && !uses.includes(OID.anyExtendedKeyUsage)) {
    yield `extendedKeyUsage of the CA lacks timeStamping (found ${uses.map(nameOfOid).join(', ')})`
  }
  for (let link: Link | undefined = issued; link !== undefined; link = link.issued) {
    if (link.issued !== undefined && isSelfIssued(link.certificate)) continue
    const fault = nameFault(link.certificate, ca)
    if (fault !== undefined) yield `${format(link.certificate.subject)}: ${fault}`
  }
}

function chainOf(root: Link): Certificate[] {
  const chain: Certificate[] = []
  for (let link: Link | undefined = root; link !== undefined; link = link.issued)
    chain.unshift(link.certificate)
  return chain
}

function noChain(reasons: readonly string[]): SealwrightError {
  const more = reasons.length - MAX_REASONS
  return new SealwrightError('VALIDATION', 'no chain leads from the timestamp signer to a trusted root', {
    why: [...reasons.slice(0, MAX_REASONS), ...(more > 0 ? [`and ${more} more`] : [])].join('; '),
    fix: 'trust the root certificate of this time-stamp authority, or use an authority whose root is trusted',
  })
}

function format(name: DistinguishedName): string {
  return formatDistinguishedName(name)
}
