import { SealwrightError } from '@sealwright/core'
import { type DerValue, derOid, derSequence, derSmallInteger, readDer } from '@sealwright/core/encoding'
import { type BasicConstraints, readBasicConstraints } from './basic-constraints.ts'
import type { Extension } from './extension.ts'
import { GENERAL_NAME, printableAscii } from './general-names.ts'
import { readAuthorityKeyIdentifier, readSubjectKeyIdentifier } from './key-identifier.ts'
import { type KeyUsageBit, readKeyUsage } from './key-usage.ts'
import { nameOfOid, OID } from './oids.ts'
import { readCrlUrls, readOcspUrls } from './revocation-sources.ts'

/** What the extensions of a certificate say, where they are there. */
export interface ExtensionFacts {
  readonly keyUsage?: readonly KeyUsageBit[]
  readonly basicConstraints?: BasicConstraints
  /** OIDs, in the order of the certificate. */
  readonly extendedKeyUsage?: readonly string[]
  readonly subjectKeyIdentifier?: Uint8Array
  readonly authorityKeyIdentifier?: Uint8Array
  readonly ocspUrls: readonly string[]
  readonly crlUrls: readonly string[]
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
  for (const [oid, reader] of Object.entries(FORM_ONLY)) read(oid, reader)
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
  }
}

function readOids(value: Uint8Array, label: string): readonly string[] {
  return derSequence(readDer(value, label), label).map(oid => derOid(oid, label))
}

const FORM_ONLY: Readonly<Record<string, (value: Uint8Array, label: string) => void>> = {
  [OID.subjectAltName]: (value, label) => {
    for (const name of derSequence(readDer(value, label), label)) checkGeneralName(name, label, [4, 16])
  },
  [OID.nameConstraints]: (value, label) => {
    const [first, second, ...more] = derSequence(readDer(value, label), label)
    const trees = [...(first?.children() ?? []), ...(second?.children() ?? [])]
    if (trees.length === 0 || more.length > 0) throw new SealwrightError('VALIDATION', `${label}: malformed`)
    for (const tree of trees) checkGeneralName(derSequence(tree, label)[0], label, [8, 32])
  },
  [OID.certificatePolicies]: (value, label) => {
    const policies = derSequence(readDer(value, label), label).map(policy =>
      derOid(derSequence(policy, label)[0], label),
    )
    if (new Set(policies).size < policies.length) {
      throw new SealwrightError('VALIDATION', `${label}: a policy is there twice`)
    }
  },
  [OID.policyMappings]: (value, label) => {
    for (const mapping of derSequence(readDer(value, label), label)) {
      const [issuer, subject] = derSequence(mapping, label)
      derOid(issuer, label)
      derOid(subject, label)
    }
  },
  [OID.policyConstraints]: (value, label) => {
    derSequence(readDer(value, label), label)
  },
  [OID.inhibitAnyPolicy]: (value, label) => {
    derSmallInteger(readDer(value, label), label)
  },
}

function checkGeneralName(
  name: DerValue | undefined,
  label: string,
  addressLengths: readonly number[],
): void {
  if (name === undefined || (name.tag & 0xc0) !== 0x80) {
    throw new SealwrightError('VALIDATION', `${label}: not a GeneralName`)
  }
  const isText =
    name.tag === GENERAL_NAME.rfc822Name ||
    name.tag === GENERAL_NAME.dNSName ||
    name.tag === GENERAL_NAME.uniformResourceIdentifier
  if (isText) printableAscii(name.contents, label)
  if (name.tag === GENERAL_NAME.iPAddress && !addressLengths.includes(name.contents.length)) {
    throw new SealwrightError('VALIDATION', `${label}: an IP address of ${name.contents.length} bytes`)
  }
}
