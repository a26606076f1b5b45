import type { Evidence, SignerIdentity } from '../envelope.ts'
import { SealwrightError } from '../errors.ts'
import { assertLeafKey } from '../signer-identity.ts'
import { notaryAlgorithmFor } from './algorithm-for.ts'
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
