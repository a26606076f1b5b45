import { isSealwrightError, type TargetArtifact } from '@sealwright/core'
import type { Descriptor } from '@sealwright/oci'
import type { SoundEnvelope } from '../sound-envelope.ts'
import { type Finding, failed, notConfigured, passed } from './finding.ts'

/** What a signature has to be over. A media type is compared only if one is expected. */
export type Expected = Pick<Descriptor, 'digest' | 'size'> & { readonly mediaType?: string }

/** Whether the signature is over the artifact at hand. */
export function checkArtifact(envelope: SoundEnvelope, expected: Expected): Finding {
  const content = readContent(envelope)
  if ('outcome' in content) return content
  if (content.digest !== expected.digest) {
    return failed('TAMPERED', `it signs ${content.digest}, not ${expected.digest}`)
  }
  if (content.size !== expected.size)
    return failed('TAMPERED', `it signs ${content.size} bytes, not ${expected.size}`)
  if (expected.mediaType !== undefined && content.mediaType !== expected.mediaType) {
    return failed('TAMPERED', `it signs the type ${content.mediaType}, not ${expected.mediaType}`)
  }
  return passed()
}

/** Whether the signature carries the metadata that was asked for. */
export function checkMetadata(envelope: SoundEnvelope, wanted: Readonly<Record<string, string>>): Finding {
  const entries = Object.entries(wanted)
  if (entries.length === 0) return notConfigured('none asked for')
  const content = readContent(envelope)
  if ('outcome' in content) return content
  const { annotations = {} } = content
  const missing = entries.filter(
    ([key, value]) => !Object.hasOwn(annotations, key) || annotations[key] !== value,
  )
  if (missing.length === 0) return passed()
  return failed('METADATA', `not signed: ${missing.map(([key, value]) => `${key}=${value}`).join(', ')}`)
}

function readContent(envelope: SoundEnvelope): TargetArtifact | Finding {
  try {
    return envelope.content()
  } catch (error) {
    if (!isSealwrightError(error) || error.code !== 'VALIDATION') throw error
    return failed('MALFORMED', error.message)
  }
}
