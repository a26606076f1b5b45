import { SealwrightError } from '@sealwright/core'
import {
  DER_TAGS,
  type DerValue,
  derBitString,
  derExplicit,
  derSequence,
  derSmallInteger,
  derTime,
  derUnsigned,
  readDer,
} from '@sealwright/core/encoding'
import type { Certificate } from './certificate.ts'
import { type CrlEntries, indexEntries } from './crl-entries.ts'
import { type CrlScope, readCrlScope } from './crl-scope.ts'
import { DerScanner } from './der-scanner.ts'
import { type Extension, readExtensions } from './extension.ts'
import { nameOfOid, OID } from './oids.ts'
import { readCrlUrls } from './revocation-sources.ts'
import { derGeneralizedTime } from './revocation-status.ts'
import { signatureSchemeOf, verifyLargeWithScheme } from './signature-scheme.ts'

/** A CRL of this size or more is not read, as notation has it: 32 MiB. */
export const MAX_CRL_BYTES: number = 32 * 1024 * 1024

/** Of all but the entries: names, times, extensions, the signature. */
const MAX_FRAME_BYTES = 128 * 1024
const LABEL = 'the CRL'

/** A CRL (RFC 5280, section 5) whose signature holds under the key of its issuer. */
export interface Crl extends CrlEntries {
  /** A view of what was read, not a copy. */
  readonly der: Uint8Array
  /** The certificate under whose key its signature holds. */
  readonly issuer: Certificate
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** cRLNumber. */
  readonly number?: bigint | undefined
  /** deltaCRLIndicator: this is a delta CRL for the base CRL of that number. */
  readonly baseNumber?: bigint | undefined
  /** issuingDistributionPoint: which certificates it is about; absent: all that the issuer issued. */
  readonly scope?: CrlScope | undefined
  /** Where the delta CRL of this CRL is (freshestCRL): tried in order until one is there. Empty: it has none. */
  readonly freshestCrlUrls: readonly string[]
  /** expiredCertsOnCRL: certificates that expired at this time or later stay on it. */
  readonly expiredSince?: Date | undefined
}

export interface ReadCrlOptions {
  /** The certificate that issued the certificates in question; indirect CRLs are refused. */
  readonly issuer: Certificate
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a CRL in strict DER, verifies its signature under the issuer's key, and indexes its entries by serial number: one
 * pass that gives way to other work at least every 50 ms, after which any number of certificates are judged.
 *
 * Memory: less than the bytes themselves once more for the index; a copy of the bytes while the signature is verified.
 *
 * @param der - Not copied: it must not change afterwards. Less than {@link MAX_CRL_BYTES}.
 * @throws {@link SealwrightError} `VALIDATION` for what is malformed, without nextUpdate, of another issuer, indirect, or
 * has a critical extension that is unknown; `INTEGRITY` when the signature does not hold; `ABORTED`.
 */
export async function readCrl(der: Uint8Array, { issuer, signal }: ReadCrlOptions): Promise<Crl> {
  const frame = readFrame(der)
  if (Buffer.compare(frame.issuerName, issuer.rawSubject) !== 0) throw fault('another CA issued it')
  assertMaySignCrls(issuer)
  await assertSigned(frame, issuer)
  const entries = await indexEntries(frame.entries, LABEL, signal)
  const { thisUpdate, nextUpdate, number, baseNumber, scope, freshestCrlUrls, expiredSince } = frame
  return {
    der,
    issuer,
    thisUpdate,
    nextUpdate,
    number,
    baseNumber,
    scope,
    freshestCrlUrls,
    expiredSince,
    ...entries,
  }
}

function assertMaySignCrls({ basicConstraints, keyUsage }: Certificate): void {
  const why = !basicConstraints?.ca
    ? 'its issuer is not a CA'
    : keyUsage && !keyUsage.includes('cRLSign')
      ? 'the keyUsage of its issuer lacks cRLSign'
      : undefined
  if (why) throw fault(why)
}

async function assertSigned({ algorithm, toBeSigned, signature }: Frame, issuer: Certificate): Promise<void> {
  const scheme = signatureSchemeOf(algorithm)
  if ('refused' in scheme)
    throw fault(`it is signed with an algorithm that is not accepted: ${scheme.refused}`)
  if (!(await verifyLargeWithScheme(scheme, issuer.publicKeyObject, toBeSigned, signature)))
    throw new SealwrightError(
      'INTEGRITY',
      'the signature of the CRL does not hold under the key of its issuer',
    )
}

interface Frame
  extends Pick<
    Crl,
    'thisUpdate' | 'nextUpdate' | 'number' | 'baseNumber' | 'scope' | 'freshestCrlUrls' | 'expiredSince'
  > {
  readonly toBeSigned: Uint8Array
  /** DER AlgorithmIdentifier. */
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
  /** DER. */
  readonly issuerName: Uint8Array
  /** The contents of revokedCertificates, which have not been looked at. */
  readonly entries: Uint8Array
}

/** All but the entries. */
function readFrame(bytes: Uint8Array): Frame {
  if (bytes.length >= MAX_CRL_BYTES) throw fault(`it has ${MAX_CRL_BYTES} bytes or more`)
  const [whole, ...trailing] = elementsOf(bytes)
  if (trailing.length > 0) throw fault('bytes follow it')
  const [tbs, algorithm, signature, ...more] = elementsOf(contentsOf(whole, DER_TAGS.sequence))
  const fields = elementsOf(contentsOf(tbs, DER_TAGS.sequence))
  // version, signature, issuer, thisUpdate and nextUpdate stand before it; without nextUpdate it is refused anyway.
  const entries = fields[5]?.tag === DER_TAGS.sequence ? fields.splice(5, 1)[0] : undefined
  const [version, innerAlgorithm, issuer, thisUpdate, nextUpdate, extensions, ...beyond] = fields
  if (more.length > 0 || beyond.length > 0) throw fault('it has parts that are unknown')
  const size = entries?.contents.length ?? 0
  if (bytes.length - size > MAX_FRAME_BYTES)
    throw fault(`it has more than ${MAX_FRAME_BYTES} bytes beside its entries`)
  if (version?.tag !== DER_TAGS.integer || derSmallInteger(small(version), LABEL) !== 1)
    throw fault('its version is not 2')
  derSequence(small(algorithm), LABEL)
  if (Buffer.compare(innerAlgorithm?.bytes ?? new Uint8Array(), algorithm!.bytes) !== 0)
    throw fault('its signature algorithm differs within and outside of the signed part')
  derSequence(small(issuer), LABEL)
  if (nextUpdate?.tag !== DER_TAGS.utcTime && nextUpdate?.tag !== DER_TAGS.generalizedTime)
    throw fault('it has no nextUpdate')
  const bits = derBitString(small(signature), LABEL)
  if (bits.unusedBits !== 0) throw fault('its signature is not a whole number of bytes')
  const times = {
    thisUpdate: derTime(small(thisUpdate), LABEL),
    nextUpdate: derTime(small(nextUpdate), LABEL),
  }
  if (times.nextUpdate < times.thisUpdate) throw fault('its nextUpdate is before its thisUpdate')
  return {
    ...times,
    ...readFacts(extensions ? readExtensions(derExplicit(small(extensions), 0, LABEL), LABEL) : []),
    toBeSigned: tbs!.bytes,
    algorithm: algorithm!.bytes,
    signature: bits.bytes,
    issuerName: issuer!.bytes,
    entries: entries?.contents ?? new Uint8Array(),
  }
}

/** The extensions that RFC 5280 has marked critical, and that are evaluated. */
const CRITICAL: readonly string[] = [OID.issuingDistributionPoint, OID.deltaCRLIndicator]

function readFacts(
  extensions: readonly Extension[],
): Pick<Crl, 'number' | 'baseNumber' | 'scope' | 'freshestCrlUrls' | 'expiredSince'> {
  const odd = extensions.find(({ oid, critical }) => critical && !CRITICAL.includes(oid))
  if (odd) throw fault(`it has the critical extension ${nameOfOid(odd.oid)}, which is unknown`)
  const read = <T>(oid: string, reader: (value: Uint8Array, label: string) => T): T | undefined => {
    const extension = extensions.find(candidate => candidate.oid === oid)
    return extension && reader(extension.value, `${LABEL}, ${nameOfOid(oid)}`)
  }
  return {
    number: read(OID.cRLNumber, readNumber),
    baseNumber: read(OID.deltaCRLIndicator, readNumber),
    scope: read(OID.issuingDistributionPoint, readCrlScope),
    freshestCrlUrls: read(OID.freshestCRL, readCrlUrls) ?? [],
    expiredSince: read(OID.expiredCertsOnCRL, (value, label) =>
      derGeneralizedTime(readDer(value, label), label),
    ),
  }
}

/** CRLNumber, of at most 20 bytes. */
function readNumber(value: Uint8Array, label: string): bigint {
  const magnitude = derUnsigned(readDer(value, label), label)
  if (magnitude.length > 20) throw new SealwrightError('VALIDATION', `${label}: more than 20 bytes`)
  return BigInt(`0x${Buffer.from(magnitude).toString('hex')}`)
}

/** Elements one after another, their insides not looked at: of a large CRL that would take long. */
function elementsOf(bytes: Uint8Array): ScannedElement[] {
  const scanner = new DerScanner(bytes, LABEL)
  const found: ScannedElement[] = []
  for (let at = 0; at < bytes.length; at = scanner.end) {
    // The largest is TBSCertList, with 7.
    if (found.length > 7) throw fault('it has parts that are unknown')
    scanner.read(at, bytes.length)
    found.push({
      tag: scanner.tag,
      bytes: bytes.subarray(at, scanner.end),
      contents: bytes.subarray(scanner.start, scanner.end),
    })
  }
  return found
}

interface ScannedElement {
  readonly tag: number
  readonly bytes: Uint8Array
  readonly contents: Uint8Array
}

function contentsOf(element: ScannedElement | undefined, tag: number): Uint8Array {
  if (element?.tag !== tag) throw fault('it is not a DER CertificateList')
  return element.contents
}

function small(element: ScannedElement | undefined): DerValue | undefined {
  return element && readDer(element.bytes, LABEL)
}

function fault(what: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${LABEL} cannot be used: ${what}`)
}
