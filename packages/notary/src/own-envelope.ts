import { type Envelope, SealwrightError, type TargetArtifact } from '@sealwright/core'
import { assertChain } from '@sealwright/x509'
import { bindingFor } from './binding.ts'
import { ChainCache } from './chain-cache.ts'
import { openEnvelope, type SoundEnvelope } from './sound-envelope.ts'

/** What an envelope must sign. Without `metadata` any is good; else it must be signed exactly. */
export interface SignedArtifact extends Pick<TargetArtifact, 'mediaType' | 'digest' | 'size'> {
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * An envelope that is to be stored, opened as a verifier would: whoever made it, it must be sound and sign this artifact.
 *
 * @throws {@link SealwrightError} `INTEGRITY`; `VALIDATION` if the chain breaks the certificate rules or was not valid at the
 *   signing time.
 */
export function assertOwnEnvelope(envelope: Envelope, expected: SignedArtifact): SoundEnvelope {
  const binding = bindingFor(envelope.mediaType)
  if (binding === undefined)
    throw refused(`${JSON.stringify(envelope.mediaType)} is not a format of the Notary Project`)
  const { sound, fault } = openEnvelope(binding, envelope.bytes, new ChainCache())
  if (sound === undefined) {
    if (fault.code === 'CERTIFICATE') throw badCertificates(fault.why)
    throw refused(fault.why)
  }
  assertChain(sound.chain, { purpose: 'codeSigning', at: sound.attributes.signingTime })
  const content = sound.content()
  if (!isOver(content, expected))
    throw refused(`it signs ${content.digest} instead of ${expected.digest}, or other metadata`)
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
      fix: 'sign with a certificate that meets them; `sealwright cert show` names each rule',
    },
  )
}
