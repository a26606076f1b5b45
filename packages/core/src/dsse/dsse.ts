import { type AlgorithmId, isAlgorithmId } from '../algorithm.ts'
import { encodeBase64, encodeJson, encodeUtf8 } from '../encoding/index.ts'
import type { EnvelopeFormat, SignerIdentity } from '../envelope.ts'
import { SealwrightError } from '../errors.ts'
import type { KeyDescriptor } from '../key.ts'
import { parsePublicKey } from '../public-key.ts'
import { assertLeafKey, assertSignedBy } from '../signer-identity.ts'
import { verifySignature } from '../verify-signature.ts'
import { type DsseEnvelope, MAX_SIGNATURES, readDsseEnvelope } from './envelope-json.ts'
import { preAuthEncoding } from './pre-auth-encoding.ts'

export interface DssePayload {
  /** A media type or URI that says how to read `payload`; signed with it. Not empty. */
  readonly payloadType: string
  readonly payload: Uint8Array
}

/** DSSE signs nothing beside payload and type. */
export type DsseAttributes = Readonly<Record<string, never>>

/**
 * DSSE v1. Any number of signers: each gives the envelope so far as `onto`, and need not meet the others. A key that has
 * signed already is refused with `VALIDATION`, so that a count of signatures is not a count of one key's repetitions.
 *
 * The envelope has no place for an algorithm (it belongs to the verifier's key), certificates (they travel outside, the
 * leaf is checked against the key all the same), timestamps or log entries (`UNSUPPORTED`).
 *
 * @see github.com/secure-systems-lab/dsse, v1.0.2
 */
export const dsse: EnvelopeFormat<DssePayload, DsseAttributes> = /* @__PURE__ */ Object.freeze<
  EnvelopeFormat<DssePayload, DsseAttributes>
>({
  mediaType: 'application/vnd.dsse.envelope.v1+json',
  algorithmFor,

  prepare(content, attributes, identity, onto) {
    if (Object.keys(attributes).length > 0)
      throw new SealwrightError('UNSUPPORTED', 'DSSE has no signed attributes')
    assertLeafKey(identity.certificates ?? [], identity.key.publicKey)
    const { payloadType, payload } = content
    if (payloadType === '') throw new SealwrightError('VALIDATION', 'DSSE needs a payload type')
    const toBeSigned = preAuthEncoding(payloadType, payload)
    const before = onto === undefined ? undefined : readDsseEnvelope(onto)
    if (before) assertSameContent(before, content)
    if (before) assertNewSigner(before, identity, toBeSigned)
    return {
      toBeSigned,
      close(signature, evidence) {
        assertSignedBy(signature, identity)
        if (evidence.timestamps?.length || evidence.logEntries?.length) {
          throw new SealwrightError('UNSUPPORTED', 'DSSE has no place for timestamps and log entries')
        }
        const added = {
          ...(identity.keyId ? { keyid: identity.keyId } : {}),
          sig: encodeBase64(signature.bytes),
        }
        const label = 'DSSE envelope'
        if (before) return before.with(encodeJson(added, { label }))
        const members = { payloadType, payload: encodeBase64(payload), signatures: [added] }
        return encodeUtf8(encodeJson(members, { label }), label)
      },
    }
  },

  open(bytes) {
    const { payloadType, payload, signatures } = readDsseEnvelope(bytes)
    const toBeSigned = preAuthEncoding(payloadType, payload)
    return {
      payload,
      payloadType,
      signatures: signatures.map(signature => ({ ...signature, toBeSigned, attributes: {}, evidence: {} })),
      content: () => ({ payloadType, payload }),
    }
  },
})

/** DSSE prescribes no algorithm: what is not the key's only one must be chosen by whoever opens the signer. */
function algorithmFor(key: KeyDescriptor): AlgorithmId {
  const choices = Object.keys(key.algorithms).filter(isAlgorithmId)
  const [only, ...more] = choices
  if (only !== undefined && more.length === 0) return only
  throw new SealwrightError('VALIDATION', 'DSSE prescribes no algorithm', {
    why: choices.length > 0 ? `the key allows ${choices.join(', ')}` : 'the key allows none',
    fix: 'name the algorithm',
  })
}

function assertSameContent(before: DsseEnvelope, { payloadType, payload }: DssePayload): void {
  if (before.payloadType !== payloadType || Buffer.compare(before.payload, payload) !== 0) {
    throw new SealwrightError('VALIDATION', 'the envelope to add to is over another payload or payload type')
  }
  if (before.signatures.length >= MAX_SIGNATURES) {
    throw new SealwrightError('VALIDATION', `the envelope to add to has ${MAX_SIGNATURES} signatures already`)
  }
}

/** By verification, not by key id: that is a hint which anybody can set. */
function assertNewSigner(before: DsseEnvelope, identity: SignerIdentity, toBeSigned: Uint8Array): void {
  const { key, algorithm } = identity
  const { object } = parsePublicKey(key.publicKey)
  if (before.signatures.some(({ bytes }) => verifySignature(algorithm, object, toBeSigned, bytes))) {
    throw new SealwrightError('VALIDATION', 'this key has signed this envelope already', {
      fix: 'use the envelope as it is',
    })
  }
}
