import { type Envelope, SealwrightError, type TargetArtifact } from '@sealwright/core'
import { isEqualSignature, openEnvelope, type SignatureBinding, type SoundEnvelope } from '@sealwright/notary'

export interface ExpectedEnvelope {
  readonly content: TargetArtifact
  readonly publicKey: Uint8Array
  readonly now: Date
}

/**
 * What a detached envelope says, if it is a signature of this content by this key that is good now; `undefined` for every
 * other envelope, and for what is none.
 */
export function readMadeEnvelope(
  binding: SignatureBinding,
  bytes: Uint8Array,
  expected: ExpectedEnvelope,
): SoundEnvelope | undefined {
  const { sound } = openEnvelope(binding, bytes)
  return sound !== undefined && isEqualSignature(sound, expected) ? sound : undefined
}

/** Our own envelope, read again before it is stored. Throws `INTEGRITY`. */
export function assertMade(binding: SignatureBinding, envelope: Envelope, expected: ExpectedEnvelope): void {
  if (readMadeEnvelope(binding, envelope.bytes, expected) !== undefined) return
  throw new SealwrightError('INTEGRITY', 'the envelope that was made does not sign what it should', {
    why: 'it was read again before it was stored, and nothing was stored',
    fix: 'try again; if it stays so, report it',
  })
}
