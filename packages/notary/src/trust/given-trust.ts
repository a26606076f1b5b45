import { createHash } from 'node:crypto'
import { keyType, SealwrightError } from '@sealwright/core'
import { type Certificate, parseCertificate } from '@sealwright/x509'
import { parseSubject, splitIdentity, X509_SUBJECT } from './identity.ts'
import type { Statement, TrustPolicy } from './policy.ts'
import { WILDCARD } from './scope.ts'
import type { PolicySource, Trust } from './trust.ts'
import { storeCertificateFault } from './trust-store.ts'

export interface TrustAnchorsOptions {
  /** DER. Each is a certificate authority or self-signed. */
  readonly certificates: readonly Uint8Array[]
  /** RFC 4514 name, with or without `x509.subject:` before it; only signers whose subject has these attributes. */
  readonly identity?: string | undefined
  /** What the anchors are called in reports. */
  readonly source?: string | undefined
}

/**
 * Returns trust in these certificates for every repository and file, at level `strict`: a replacement for a policy.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a certificate that a trust store would refuse, or a name that a policy
 *   would refuse.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { createVerifier, trustAnchors } from '@sealwright/notary'
 * import { parseCertificates } from '@sealwright/x509'
 *
 * const certificates = parseCertificates(await readFile('root.crt'), 'root.crt').map(({ der }) => der)
 * const verifier = await createVerifier({ trust: trustAnchors({ certificates }) })
 * ```
 */
export function trustAnchors(options: TrustAnchorsOptions): Trust {
  const { certificates, identity, source = 'given certificates' } = options
  if (certificates.length === 0) throw new SealwrightError('VALIDATION', `${source}: no certificate`)
  for (const der of certificates) refuseUnfit(parseCertificate(der), source)
  const identities = [identity === undefined ? WILDCARD : `${X509_SUBJECT}:${subjectOf(identity)}`]
  const policy = givenPolicy(source, identities)
  return { source, stores: { [STORE]: { certificates } }, oci: policy, blob: policy }
}

/**
 * Returns trust in one public key for every repository and file: a replacement for a policy. Certificates are ignored, also
 * their validity and revocation, because no authority is trusted.
 *
 * @param publicKey - DER SubjectPublicKeyInfo.
 * @throws {@link SealwrightError} `VALIDATION`, `UNSUPPORTED` if it is not a key that can sign.
 *
 * @example
 * ```ts
 * import { createVerifier, trustKey } from '@sealwright/notary'
 *
 * declare const publicKey: Uint8Array
 * const verifier = await createVerifier({ trust: trustKey(publicKey) })
 * ```
 */
export function trustKey(publicKey: Uint8Array): Trust {
  keyType(publicKey)
  const source = `key sha256:${createHash('sha256').update(publicKey).digest('hex')}`
  const policy = givenPolicy(source, [WILDCARD])
  return { source, stores: {}, key: publicKey, oci: policy, blob: policy }
}

const STORE = 'ca:given'

function givenPolicy(source: string, trustedIdentities: readonly string[]): PolicySource {
  const statement: Statement = {
    name: source,
    registryScopes: [WILDCARD],
    globalPolicy: true,
    signatureVerification: { level: 'strict' },
    trustStores: [STORE],
    trustedIdentities,
  }
  const policy: TrustPolicy = { version: '1.0', trustPolicies: [statement] }
  return { file: source, faults: [], policy }
}

function refuseUnfit(certificate: Certificate, source: string): void {
  const fault = storeCertificateFault(certificate, 'ca')
  if (fault === undefined) return
  throw new SealwrightError('VALIDATION', `${source}: a certificate is ${fault}`, {
    why: `its SHA-256 fingerprint is ${certificate.fingerprint}`,
    fix: "give the root that the signer's chain ends in",
  })
}

function subjectOf(identity: string): string {
  const parts = splitIdentity(identity)
  const text = parts?.prefix === X509_SUBJECT ? parts.value : identity
  const { fault } = parseSubject(text)
  if (fault === undefined) return text
  throw new SealwrightError('VALIDATION', `${JSON.stringify(identity)} is not a name that can be trusted`, {
    why: fault,
    fix: 'give at least country, state and organisation: "C=DE,ST=Hessen,O=Acme,CN=release"',
  })
}
