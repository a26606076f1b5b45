import { openNv2 } from '@sealwright/core/nv2'
import { parseCertificate } from '@sealwright/x509'
import { describeCertificate } from '../certificates/describe.ts'
import { formatTime } from '../frame/time.ts'
import type { Facts, FoundEnvelope } from './found-envelope.ts'

/** A signature of Notary v2's prototype, of any form. Throws `VALIDATION`. */
export function inspectNv2({ bytes }: FoundEnvelope): Facts {
  const { form, envelope } = openNv2(bytes)
  const [signature] = envelope.signatures
  const { references = [], digest, size, ...typed } = envelope.content()
  const { attributes, algorithm, certificates = [], keyId } = signature!
  const { issuedAt, expiry } = attributes
  return {
    kind: 'signature',
    format: form === 'jwt' ? 'nv2-jwt' : 'nv2-json',
    version: form === 'first-json' ? 'first' : null,
    algorithm: algorithm ?? null,
    ...('mediaType' in typed ? { target: { mediaType: typed.mediaType, digest, size } } : { signs: digest }),
    references: [...references],
    signingTime: issuedAt === undefined ? null : formatTime(issuedAt),
    expiry: expiry === undefined ? null : formatTime(expiry),
    keys: keyId === undefined ? [] : [keyId],
    certificates: certificates.map(der => describeCertificate(parseCertificate(der))),
  }
}
