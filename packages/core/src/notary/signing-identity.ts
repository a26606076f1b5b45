import type { AlgorithmId, KeyType } from '../algorithm.ts'
import type { Evidence, SignerIdentity } from '../envelope.ts'
import { SealwrightError } from '../errors.ts'
import type { KeyDescriptor } from '../key.ts'
import { keyType } from '../public-key.ts'
import { assertLeafKey } from '../signer-identity.ts'
import type { CheckedAttributes, NotaryAttributes } from './attributes.ts'

/**
 * Checks who is about to sign: a chain is there, its leaf has the key, the algorithm is the prescribed one.
 *
 * @returns The chain, DER, leaf first.
 * @throws {@link SealwrightError} `VALIDATION`, `KEY_MISMATCH`, `UNSUPPORTED` for a key id or for `onto`.
 */
export function checkIdentity(identity: SignerIdentity, onto: Uint8Array | undefined): readonly Uint8Array[] {
  const { key, algorithm, certificates = [], keyId } = identity
  if (onto !== undefined) {
    throw new SealwrightError('UNSUPPORTED', 'a Notary Project envelope holds one signature', {
      fix: 'make a second envelope; an artifact may have any number of them',
    })
  }
  if (keyId !== undefined) {
    throw new SealwrightError('UNSUPPORTED', 'a Notary Project envelope has no place for a key id', {
      why: 'its certificates name the key',
    })
  }
  if (certificates.length === 0) {
    throw new SealwrightError('VALIDATION', 'a Notary Project signature needs a certificate chain', {
      why: 'none was given, and the key store holds none',
      fix: 'give the chain, leaf first, root included',
    })
  }
  const prescribed = notaryAlgorithmFor(key)
  if (algorithm !== prescribed) {
    throw new SealwrightError(
      'VALIDATION',
      `the Notary Project prescribes ${prescribed} for this key, not ${algorithm}`,
    )
  }
  assertLeafKey(certificates, key.publicKey)
  return certificates
}

/**
 * Returns the timestamp to attach, if any.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` for what the envelope has no place for.
 */
export function timestampOf(
  evidence: Evidence,
  attributes: Pick<CheckedAttributes, 'signingScheme'>,
): Uint8Array | undefined {
  const [timestamp, ...more] = evidence.timestamps ?? []
  if (more.length > 0) throw unsupported('a Notary Project envelope has place for one timestamp')
  if (evidence.logEntries?.length) throw unsupported('a Notary Project envelope has no place for log entries')
  if (timestamp && attributes.signingScheme !== 'notary.x509') {
    throw unsupported('a timestamp goes with the signing scheme notary.x509 only')
  }
  return timestamp
}

/**
 * Returns the timestamp to add to an envelope that has `had`, if any.
 *
 * @throws As {@link timestampOf}; `UNSUPPORTED` also where the envelope has one already.
 */
export function addableTimestamp(
  had: Evidence,
  added: Evidence,
  { signingScheme = 'notary.x509' }: NotaryAttributes,
): Uint8Array | undefined {
  const timestamp = timestampOf(added, { signingScheme })
  if (timestamp && had.timestamps?.length) throw unsupported('the envelope has a timestamp already')
  return timestamp
}

function unsupported(fault: string): SealwrightError {
  return new SealwrightError('UNSUPPORTED', fault)
}

/** Notary Project signature specification, "Signature Algorithm Requirements": one algorithm a key type, no other. */
const PRESCRIBED: Readonly<Partial<Record<KeyType, AlgorithmId>>> = {
  'RSA-2048': 'PS256',
  'RSA-3072': 'PS384',
  'RSA-4096': 'PS512',
  'EC-P256': 'ES256',
  'EC-P384': 'ES384',
  'EC-P521': 'ES512',
}

/** Parsing a public key costs a third of a P-256 signature; a signer asks at every one. */
const known = /* @__PURE__ */ new WeakMap<KeyDescriptor, AlgorithmId>()

/**
 * The algorithm that the Notary Project prescribes for a key.
 *
 * @throws {@link SealwrightError} `VALIDATION`, naming the key types that it has an algorithm for; `UNSUPPORTED` for a
 *   public key of no type that we know.
 */
export function notaryAlgorithmFor(key: KeyDescriptor): AlgorithmId {
  const found = known.get(key)
  if (found !== undefined) return found
  const type = keyType(key.publicKey)
  const algorithm = PRESCRIBED[type]
  if (algorithm === undefined) {
    throw new SealwrightError('VALIDATION', `Notary Project signatures are not made with ${type} keys`, {
      why: 'the specification prescribes an algorithm for some key types only',
      fix: `use one of ${Object.keys(PRESCRIBED).join(', ')}`,
    })
  }
  known.set(key, algorithm)
  return algorithm
}

/** Whether the Notary Project prescribes `algorithm` for any key. */
export function isNotaryAlgorithm(algorithm: AlgorithmId): boolean {
  return Object.values(PRESCRIBED).includes(algorithm)
}
