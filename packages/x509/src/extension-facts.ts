import { SealwrightError } from '@sealwright/core'
import { derSequence, readDer } from '@sealwright/core/encoding'
import { type BasicConstraints, readBasicConstraints } from './basic-constraints.ts'
import type { Extension } from './extension.ts'
import { extensionForms } from './extension-forms.ts'
import { readAuthorityKeyIdentifier, readSubjectKeyIdentifier } from './key-identifier.ts'
import { type KeyUsageBit, readKeyUsage } from './key-usage.ts'
import { nameOfOid, OID } from './oids.ts'
import { readOid } from './read-oid.ts'
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
  }
}

function readOids(value: Uint8Array, label: string): readonly string[] {
  return derSequence(readDer(value, label), label).map(oid => readOid(oid, label))
}
