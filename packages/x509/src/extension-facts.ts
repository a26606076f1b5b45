import { SealwrightError } from '@sealwright/core'
import { type DerValue, derOid, derSequence, derSmallInteger, readDer } from '@sealwright/core/encoding'
import {
  type BasicConstraints,
  type Extension,
  type KeyUsageBit,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readKeyUsage,
  readSubjectKeyIdentifier,
} from './extension.ts'
import { GENERAL_NAME, printableAscii } from './general-names.ts'
import { nameOfOid, OID, readOid } from './oids.ts'
import { readCrlUrls, readOcspUrls } from './revocation-sources.ts'

/** What the extensions of a certificate say, where they are there. */
export interface ExtensionFacts {
  readonly keyUsage?: readonly KeyUsageBit[]
  readonly basicConstraints?: BasicConstraints
  /** OIDs, in the order of the certificate. */
  readonly extendedKeyUsage?: readonly string[]
  readonly subjectKeyIdentifier?: Uint8Array
  readonly authorityKeyIdentifier?: Uint8Array
  /** The OCSP responders (authorityInfoAccess) and CRLs (cRLDistributionPoints) that it names: absolute URLs, as it spells them. */
  readonly ocspUrls: readonly string[]
  readonly crlUrls: readonly string[]
  /** Where it says that delta CRLs are (freshestCRL). */
  readonly freshestCrlUrls: readonly string[]
  /** id-pkix-ocsp-nocheck: whoever relies on this OCSP responder need not ask whether it was revoked (RFC 6960, section 4.2.2.2.1). */
  readonly ocspNoCheck: boolean
}

/** RFC 5280 has issuers mark these as not critical, and Go refuses certificates where they are. */
const NEVER_CRITICAL: readonly string[] = [
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
  OID.authorityInfoAccess,
]

/**
 * Reads the extensions that are known; those that nobody here evaluates are read for their form alone, so that no
 * certificate passes that the reference calls malformed.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function readExtensionFacts(extensions: readonly Extension[], label: string): ExtensionFacts {
  const read = <T>(oid: string, reader: (value: Uint8Array, label: string) => T): T | undefined => {
    const extension = extensions.find(candidate => candidate.oid === oid)
    if (extension === undefined) return undefined
    if (extension.critical && NEVER_CRITICAL.includes(oid)) {
      throw new SealwrightError(
        'VALIDATION',
        `${label}: ${nameOfOid(oid)} is marked critical, which RFC 5280 forbids`,
      )
    }
    return reader(extension.value, `${label}, ${nameOfOid(oid)}`)
  }
  for (const [oid, reader] of Object.entries(extensionForms)) read(oid, reader)
  const keyUsage = read(OID.keyUsage, readKeyUsage)
  const basicConstraints = read(OID.basicConstraints, readBasicConstraints)
  const extendedKeyUsage = read(OID.extKeyUsage, readOids)
  const subjectKeyIdentifier = read(OID.subjectKeyIdentifier, readSubjectKeyIdentifier)
  const authorityKeyIdentifier = read(OID.authorityKeyIdentifier, readAuthorityKeyIdentifier)
  return {
    ...(keyUsage && { keyUsage }),
    ...(basicConstraints && { basicConstraints }),
    ...(extendedKeyUsage && { extendedKeyUsage }),
    ...(subjectKeyIdentifier && { subjectKeyIdentifier }),
    ...(authorityKeyIdentifier && { authorityKeyIdentifier }),
    ocspUrls: read(OID.authorityInfoAccess, readOcspUrls) ?? [],
    crlUrls: read(OID.cRLDistributionPoints, readCrlUrls) ?? [],
    freshestCrlUrls: read(OID.freshestCRL, readCrlUrls) ?? [],
    ocspNoCheck: extensions.some(({ oid }) => oid === OID.ocspNoCheck),
  }
}

function readOids(value: Uint8Array, label: string): readonly string[] {
  return derSequence(readDer(value, label), label).map(oid => readOid(oid, label))
}

/**
 * Extensions whose form is checked and whose meaning nobody here evaluates, as the Notary Project specification demands.
 * The form is held to what Go reads at least: a certificate that the reference calls malformed must not pass.
 */
const extensionForms: Readonly<Record<string, (value: Uint8Array, label: string) => void>> = {
  [OID.subjectAltName]: (value, label) => {
    for (const name of derSequence(readDer(value, label), label)) checkAlternativeName(name, label)
  },
  [OID.nameConstraints]: (value, label) => {
    const parts = derSequence(readDer(value, label), label)
    const tags = parts.map(({ tag }) => tag).join()
    const trees = parts.flatMap(part => part.children())
    if (!['160', '161', '160,161'].includes(tags) || trees.length === 0) throw malformed(label)
    for (const tree of trees) checkConstraint(derSequence(tree, label)[0], label)
  },
  [OID.certificatePolicies]: (value, label) => {
    const policies = derSequence(readDer(value, label), label).map(policy =>
      derOid(derSequence(policy, label)[0], label),
    )
    if (new Set(policies).size < policies.length) throw malformed(label)
  },
  [OID.policyMappings]: (value, label) => {
    for (const mapping of derSequence(readDer(value, label), label)) {
      const [issuer, subject] = derSequence(mapping, label)
      derOid(issuer, label)
      derOid(subject, label)
    }
  },
  [OID.policyConstraints]: (value, label) => {
    for (const part of derSequence(readDer(value, label), label)) {
      const isNumber = part.contents.length === 1 && part.contents[0]! < 0x80
      if ((part.tag !== 0x80 && part.tag !== 0x81) || !isNumber) throw malformed(label)
    }
  },
  [OID.inhibitAnyPolicy]: (value, label) => {
    if (derSmallInteger(readDer(value, label), label) < 0) throw malformed(label)
  },
}

const DOMAIN = String.raw`[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*`
const MAILBOX = new RegExp(`^[A-Za-z0-9!#$%&'*+/=?^_\`{|}~.-]+@${DOMAIN}$`)
const CONSTRAINT = new RegExp(String.raw`^(?:\.?${DOMAIN})?$`)
/** RFC 3986, with a domain for its host, if it has one. */
const URI = new RegExp(
  `^[A-Za-z][A-Za-z0-9+.-]*:(?:(?!//)|//(?:${DOMAIN})?(?::[0-9]{1,5})?(?![^/?#]))(?:[A-Za-z0-9._~!$&'()*+,;=:@/?#-]|%[0-9A-Fa-f]{2})*$`,
)

function checkAlternativeName(name: DerValue, label: string): void {
  const { tag, contents } = generalName(name, label)
  if (tag === GENERAL_NAME.uniformResourceIdentifier && !URI.test(printableAscii(contents, label))) {
    throw new SealwrightError('VALIDATION', `${label}: a URI is malformed`)
  }
  if (tag === GENERAL_NAME.iPAddress && contents.length !== 4 && contents.length !== 16) {
    throw new SealwrightError('VALIDATION', `${label}: an IP address of ${contents.length} bytes`)
  }
}

function checkConstraint(name: DerValue | undefined, label: string): void {
  const { tag, contents } = generalName(name, label)
  if (tag === GENERAL_NAME.iPAddress) {
    const mask = Buffer.from(contents.subarray(contents.length / 2)).toString('hex')
    const isMask = /^(ff)*(00|80|c0|e0|f0|f8|fc|fe)?(00)*$/.test(mask)
    if ((contents.length !== 8 && contents.length !== 32) || !isMask) throw malformed(label)
  } else if (isText(tag)) {
    const text = printableAscii(contents, label)
    const isMailbox = tag === GENERAL_NAME.rfc822Name && MAILBOX.test(text)
    if (!isMailbox && !CONSTRAINT.test(text)) throw malformed(label)
  }
}

function generalName(name: DerValue | undefined, label: string): DerValue {
  if (name === undefined || (name.tag & 0xc0) !== 0x80 || (name.tag & 0x1f) > 8) throw malformed(label)
  if (isText(name.tag)) printableAscii(name.contents, label)
  return name
}

function isText(tag: number): boolean {
  const { rfc822Name, dNSName, uniformResourceIdentifier } = GENERAL_NAME
  return tag === rfc822Name || tag === dNSName || tag === uniformResourceIdentifier
}

function malformed(label: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${label}: malformed`)
}
