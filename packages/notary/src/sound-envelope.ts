import {
  type AlgorithmId,
  type Envelope,
  isSealwrightError,
  SealwrightError,
  type TargetArtifact,
  type UnverifiedEnvelope,
  verifySignature,
} from '@sealwright/core'
import { skipJson } from '@sealwright/core/encoding'
import type { NotaryAttributes } from '@sealwright/core/notary-jws'
import { assertChain, type Certificate } from '@sealwright/x509'
import { bindingFor, notaryJws, type SignatureBinding } from './binding.ts'
import { ChainCache } from './chain-cache.ts'
import type { SignatureEvidence } from './evidence/evidence.ts'
import { once } from './once.ts'

/** An envelope whose signature holds under its own leaf, whose chain meets the profile. Nobody is trusted yet. */
export interface SoundEnvelope {
  readonly envelope: Envelope
  readonly binding: SignatureBinding
  /** Leaf first. */
  readonly chain: readonly Certificate[]
  readonly algorithm: AlgorithmId
  readonly attributes: NotaryAttributes
  /** The raw signature, which a timestamp is over. */
  readonly signature: Uint8Array
  /** RFC 3161 tokens, not looked at: the envelope's own, then those that were stapled. */
  readonly timestamps: readonly TimestampClaim[]
  /** Statements on revocation that were stapled, not looked at: DER. */
  readonly stapled: Pick<SignatureEvidence, 'ocsp' | 'crls'>
  /** Why what is stapled cannot be read; the signature is none the worse for it. */
  readonly stapledFault?: string | undefined
  readonly payload: Uint8Array
  /** What is signed; several checks ask for it. Throws `VALIDATION` if the payload is not a descriptor. */
  content(): TargetArtifact
}

/** A token that may vouch for the time of a signature. */
export interface TimestampClaim {
  /** DER RFC 3161 TimeStampToken. */
  readonly token: Uint8Array
  /** What it has to be over. */
  readonly message: Uint8Array
}

/** Why an envelope is not sound. */
export interface EnvelopeFault {
  readonly code: 'MALFORMED' | 'TAMPERED' | 'CERTIFICATE'
  readonly why: string
}

export type OpenedEnvelope =
  | { readonly sound: SoundEnvelope; readonly fault?: undefined }
  | { readonly fault: EnvelopeFault; readonly sound?: undefined }

/**
 * Opens an envelope and checks what needs no trust: it parses, its signature holds under the leaf's key with the algorithm
 * that this key prescribes, its payload is of the Notary type, and its chain meets the certificate profile.
 */
export function openEnvelope(
  binding: SignatureBinding,
  bytes: Uint8Array,
  chains: ChainCache = new ChainCache(),
): OpenedEnvelope {
  try {
    return openStrictly(binding, { mediaType: binding.mediaType, bytes }, chains)
  } catch (error) {
    if (!isSealwrightError(error) || (error.code !== 'VALIDATION' && error.code !== 'UNSUPPORTED'))
      throw error
    return fault('MALFORMED', error.message)
  }
}

function openStrictly(binding: SignatureBinding, made: Envelope, chains: ChainCache): OpenedEnvelope {
  const envelope: UnverifiedEnvelope<TargetArtifact, NotaryAttributes> = binding.envelope.open(made.bytes)
  const [signature, ...more] = envelope.signatures
  if (signature === undefined || more.length > 0) return fault('MALFORMED', 'an envelope has one signature')
  const { certificates: ders = [], attributes, evidence } = signature
  const { stapled } = evidence
  if (ders.length === 0) return fault('MALFORMED', 'it has no certificate chain')
  const { certificates: chain, algorithm, faults } = chains.read(ders, binding)
  // The key decides; the header may only agree.
  if (signature.algorithm !== algorithm) {
    return fault(
      'TAMPERED',
      `it names ${signature.algorithm ?? 'no algorithm'}; its key signs with ${algorithm}`,
    )
  }
  if (!verifySignature(algorithm, chain[0]!.publicKeyObject, signature.toBeSigned, signature.bytes)) {
    return fault('TAMPERED', 'the signature does not hold: the envelope was changed, or another key made it')
  }
  if (binding === notaryJws && !isClaims(envelope.payload))
    return fault('MALFORMED', 'the payload is not a JSON object')
  if (faults.length > 0) return fault('CERTIFICATE', faults.map(found => found.message).join('; '))
  const sound: SoundEnvelope = {
    envelope: made,
    binding,
    chain,
    algorithm,
    attributes,
    signature: signature.bytes,
    timestamps: [
      ...(evidence.timestamps ?? []).map(token => ({ token, message: signature.bytes })),
      ...(stapled?.timestamps ?? []).map(token => ({
        token,
        message: binding.envelope.stapledMessage(signature.bytes),
      })),
    ],
    stapled: { ocsp: stapled?.ocsp ?? [], crls: stapled?.crls ?? [] },
    stapledFault: evidence.stapledFault,
    payload: envelope.payload,
    content: once(() => envelope.content()),
  }
  return { sound }
}

function fault(code: EnvelopeFault['code'], why: string): OpenedEnvelope {
  return { fault: { code, why } }
}

const MAX_BYTES = 4 * 1024 * 1024
/** As deep as the reference reads. */
const MAX_DEPTH = 10_000

/**
 * Whether the payload of a JWS begins with an object or `null`. The reference reads it as JWT claims when it looks at the
 * signature, and passes over what follows them, members twice and bytes that are not UTF-8; what is signed is another
 * question, which `content` answers strictly.
 */
export function isClaims(payload: Uint8Array): boolean {
  if (payload.byteLength > MAX_BYTES) return false
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(payload).replace(/^[ \t\r\n]+/, '')
  return text.startsWith('null') || (text.startsWith('{') && beginsWithJson(text))
}

function beginsWithJson(text: string): boolean {
  try {
    skipJson(text, 'payload', MAX_DEPTH)
    return true
  } catch (error) {
    if (isSealwrightError(error)) return false
    throw error
  }
}

/** What an envelope must sign. Without `metadata` any is good; else it must be signed exactly. */
interface SignedArtifact extends Pick<TargetArtifact, 'mediaType' | 'digest' | 'size'> {
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/**
 * An envelope that is to be stored, opened as a verifier would: whoever made it, it must be sound and sign this artifact.
 *
 * @throws {@link SealwrightError} `INTEGRITY`; `VALIDATION` if the chain breaks the certificate rules or was not valid at the
 *   signing time.
 */
export function assertOwnEnvelope(
  envelope: Envelope | SoundEnvelope,
  expected: SignedArtifact,
): SoundEnvelope {
  const sound = 'binding' in envelope ? envelope : openSound(envelope)
  assertChain(sound.chain, { purpose: 'codeSigning', at: sound.attributes.signingTime })
  const content = sound.content()
  if (!isOver(content, expected))
    throw refused(`it signs ${content.digest} instead of ${expected.digest}, or other metadata`)
  return sound
}

function openSound(envelope: Envelope): SoundEnvelope {
  const binding = bindingFor(envelope.mediaType)
  if (binding === undefined)
    throw refused(`${JSON.stringify(envelope.mediaType)} is not a format of the Notary Project`)
  const { sound, fault } = openEnvelope(binding, envelope.bytes, new ChainCache())
  if (sound === undefined) {
    if (fault.code === 'CERTIFICATE') throw badCertificates(fault.why)
    throw refused(fault.why)
  }
  return sound
}

function isOver(content: TargetArtifact, { mediaType, digest, size, metadata }: SignedArtifact): boolean {
  if (content.mediaType !== mediaType || content.digest !== digest || content.size !== size) return false
  return metadata === undefined || sameMetadata(content.annotations ?? {}, metadata)
}

/** Whether two sets of metadata have the same keys and values. */
export function sameMetadata(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && a[key] === b[key])
  )
}

function refused(why: string): SealwrightError {
  return new SealwrightError('INTEGRITY', 'the envelope does not sign this artifact, and was not stored', {
    why,
  })
}

function badCertificates(why: string): SealwrightError {
  return new SealwrightError(
    'VALIDATION',
    'the certificates break the rules of the Notary Project; nothing was stored',
    {
      why,
      fix: 'sign with a certificate that meets them',
      remedy: { step: 'showCertificates' },
    },
  )
}
