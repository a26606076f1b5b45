import { isSealwrightError } from '@sealwright/core'
import type { EnvelopeFacts, FoundEnvelope, InspectedEnvelope } from '@sealwright/notary'
import { nv2, nv2Jwt, openNv2 } from '@sealwright/nv2'
import { parseCertificate } from '@sealwright/x509'

export const NV2_TYPES: readonly string[] = [nv2.mediaType, nv2Jwt.mediaType]

export type Nv2Format = 'nv2-json' | 'nv2-jwt'

/** Reads what a signature of Notary v2's prototype, of any form, says of itself. */
export function inspectNv2({ bytes, mediaType }: FoundEnvelope): InspectedEnvelope<Nv2Format> {
  try {
    return factsOf(bytes)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    const format = mediaType === nv2Jwt.mediaType ? 'nv2-jwt' : 'nv2-json'
    return { kind: 'signature', format, fault: error.message }
  }
}

function factsOf(bytes: Uint8Array): EnvelopeFacts<Nv2Format> {
  const { form, envelope } = openNv2(bytes)
  const [signature] = envelope.signatures
  const { references, digest, size, ...typed } = envelope.content()
  const { attributes, algorithm, certificates = [], keyId } = signature!
  return {
    kind: 'signature',
    format: form === 'jwt' ? 'nv2-jwt' : 'nv2-json',
    version: form === 'first-json' ? 'first' : undefined,
    algorithm,
    ...('mediaType' in typed ? { target: { mediaType: typed.mediaType, digest, size } } : { signs: digest }),
    references,
    signingTime: attributes.issuedAt,
    expiry: attributes.expiry,
    keys: keyId === undefined ? [] : [keyId],
    certificates: certificates.map(der => parseCertificate(der)),
  }
}
