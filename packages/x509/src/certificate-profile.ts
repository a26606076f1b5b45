import type { Certificate } from './certificate.ts'
import type { ChainPurpose, ChainRule, StricterRule } from './chain-rules.ts'
import { nameOfOid, OID } from './oids.ts'
import { type PublicKeyKind, publicKeyKind } from './public-key.ts'
import { signatureSchemeOf } from './signature-scheme.ts'

/** A rule that a certificate breaks, and what was found. */
export interface ProfileFault {
  readonly rule: ChainRule
  readonly message: string
  readonly stricter?: StricterRule
}

const FORBIDDEN_USES: readonly string[] = [
  OID.anyExtendedKeyUsage,
  OID.serverAuth,
  OID.clientAuth,
  OID.emailProtection,
  OID.timeStamping,
  // Not in the specification; the reference refuses it.
  OID.OCSPSigning,
]

/** The rules for the certificate that signs. */
export function* leafFaults(leaf: Certificate, purpose: ChainPurpose): Generator<ProfileFault> {
  if (leaf.basicConstraints?.ca) {
    yield {
      rule: 'leaf-basic-constraints',
      message: 'basicConstraints has cA true, which makes it a CA and no leaf',
    }
  }
  yield* leafKeyUsageFaults(leaf, purpose)
  if (purpose === 'codeSigning') yield* codeSigningUseFaults(leaf)
  else yield* timestampingUseFaults(leaf)
  yield* leafKeyFaults(leaf)
}

function* leafKeyUsageFaults(leaf: Certificate, purpose: ChainPurpose): Generator<ProfileFault> {
  const rule = 'leaf-key-usage'
  yield* keyUsagePresence(leaf, purpose, rule)
  if (leaf.keyUsage === undefined) return
  if (!leaf.keyUsage.includes('digitalSignature')) {
    const found = leaf.keyUsage.length > 0 ? leaf.keyUsage.join(', ') : 'no bit'
    yield { rule, message: `keyUsage lacks digitalSignature (found ${found})` }
  }
  const excess = leaf.keyUsage.filter(bit => bit !== 'digitalSignature' && bit !== 'contentCommitment')
  if (excess.length > 0)
    yield { rule, message: `keyUsage has ${excess.join(', ')}, which a leaf must not have` }
}

function* keyUsagePresence(
  certificate: Certificate,
  purpose: ChainPurpose,
  rule: ChainRule,
): Generator<ProfileFault> {
  const extension = certificate.extensions.find(({ oid }) => oid === OID.keyUsage)
  if (extension === undefined) yield { rule, message: 'keyUsage is absent' }
  // For timestamping the specification says SHOULD.
  else if (!extension.critical && purpose === 'codeSigning') {
    yield { rule, message: 'keyUsage is not marked critical' }
  }
}

function* codeSigningUseFaults(leaf: Certificate): Generator<ProfileFault> {
  const found = leaf.extendedKeyUsage?.filter(use => FORBIDDEN_USES.includes(use)) ?? []
  if (found.length > 0) {
    const names = found.map(nameOfOid).join(', ')
    yield {
      rule: 'leaf-extended-key-usage',
      message: `extendedKeyUsage has ${names}, which a code-signing leaf must not have`,
      // "Certificate Requirements" forbids it; the reference does not look for it.
      ...(found.every(use => use === OID.anyExtendedKeyUsage) ? { stricter: 'specification' } : {}),
    }
  }
}

function* timestampingUseFaults(leaf: Certificate): Generator<ProfileFault> {
  const rule = 'timestamping-extended-key-usage'
  const extension = leaf.extensions.find(({ oid }) => oid === OID.extKeyUsage)
  if (extension === undefined) {
    yield { rule, message: 'extendedKeyUsage is absent' }
    return
  }
  if (!extension.critical) yield { rule, message: 'extendedKeyUsage is not marked critical' }
  const uses = leaf.extendedKeyUsage ?? []
  if (uses.length !== 1 || uses[0] !== OID.timeStamping) {
    const found = uses.length > 0 ? uses.map(nameOfOid).join(', ') : 'none'
    yield { rule, message: `extendedKeyUsage is not exactly timeStamping (found ${found})` }
  }
}

function* leafKeyFaults(leaf: Certificate): Generator<ProfileFault> {
  const key = publicKeyKind(leaf.publicKey)
  const allowed =
    (key.kind === 'RSA' && [2048, 3072, 4096].includes(key.bits)) ||
    (key.kind === 'EC' && key.curve !== 'P-224')
  if (!allowed) {
    yield {
      rule: 'leaf-key',
      message: `the key is ${describe(key)}; a leaf needs RSA of 2048, 3072 or 4096 bits, or EC on P-256, P-384 or P-521`,
    }
  } else {
    yield* unusableKey(leaf, 'leaf-key')
  }
}

/** The rules for a certificate that issues. `below`: how many CA certificates stand between it and the leaf. */
export function* caFaults(ca: Certificate, purpose: ChainPurpose, below: number): Generator<ProfileFault> {
  const extension = ca.extensions.find(({ oid }) => oid === OID.basicConstraints)
  const rule = 'ca-basic-constraints'
  if (extension === undefined) yield { rule, message: 'basicConstraints is absent' }
  else if (!ca.basicConstraints?.ca) yield { rule, message: 'basicConstraints has cA false' }
  else if (!extension.critical) yield { rule, message: 'basicConstraints is not marked critical' }
  const limit = ca.basicConstraints?.pathLength
  if (limit !== undefined && limit < below) {
    yield {
      rule: 'ca-path-length',
      message: `the path length of basicConstraints is ${limit}, and ${below} CA certificate${below === 1 ? ' stands' : 's stand'} below`,
    }
  }
  yield* keyUsagePresence(ca, purpose, 'ca-key-usage')
  if (ca.keyUsage !== undefined && !ca.keyUsage.includes('keyCertSign')) {
    const found = ca.keyUsage.length > 0 ? ca.keyUsage.join(', ') : 'no bit'
    yield { rule: 'ca-key-usage', message: `keyUsage lacks keyCertSign (found ${found})` }
  }
  const key = publicKeyKind(ca.publicKey)
  if (key.kind === 'other' || (key.kind === 'RSA' && key.bits < 2048)) {
    yield {
      rule: 'ca-key',
      message: `the key is ${describe(key)}; a CA needs RSA of 2048 bits or more, EC on a NIST curve, or Ed25519`,
    }
  } else {
    yield* unusableKey(ca, 'ca-key')
  }
}

function* unusableKey(certificate: Certificate, rule: ChainRule): Generator<ProfileFault> {
  try {
    void certificate.publicKeyObject
  } catch {
    yield { rule, message: 'the key is unsound: its numbers are no key of its kind' }
  }
}

/** Whether the certificate is signed with an algorithm that verifiers of the Notary Project take. */
export function* signatureAlgorithmFaults(certificate: Certificate): Generator<ProfileFault> {
  const scheme = signatureSchemeOf(certificate.signatureAlgorithmIdentifier)
  const rule = 'signature-algorithm'
  if ('refused' in scheme) yield { rule, message: scheme.refused }
  // Go knows no ML-DSA in certificates, so that no verifier of the reference would take the chain.
  else if (scheme.family === 'ML-DSA') {
    yield { rule, message: `${scheme.name} is not among the algorithms that Notary Project verifiers know` }
  }
}

function describe(key: PublicKeyKind): string {
  switch (key.kind) {
    case 'RSA':
      return `RSA of ${key.bits} bits`
    case 'EC':
      return `EC on ${key.curve}`
    case 'Ed25519':
      return 'Ed25519'
    default:
      return key.name
  }
}
