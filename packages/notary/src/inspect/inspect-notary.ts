import { SealwrightError } from '@sealwright/core'
import { parseCertificate } from '@sealwright/x509'
import type { SignatureBinding } from '../binding.ts'
import type { EnvelopeFacts, FoundEnvelope } from './envelope-facts.ts'

/** A Notary Project envelope. Throws `VALIDATION`. */
export function inspectNotary({ envelope, name }: SignatureBinding, { bytes }: FoundEnvelope): EnvelopeFacts {
  const opened = envelope.open(bytes)
  const [signature] = opened.signatures
  if (signature === undefined) throw new SealwrightError('VALIDATION', 'it holds no signature')
  const { attributes, algorithm, certificates = [], evidence } = signature
  const { annotations = {}, mediaType, digest, size } = opened.content()
  return {
    kind: 'signature',
    format: name as 'jws' | 'cose',
    algorithm,
    target: { mediaType, digest, size },
    metadata: annotations,
    scheme: attributes.signingScheme ?? 'notary.x509',
    signingTime: attributes.signingTime,
    expiry: attributes.expiry,
    extended: attributes.extended?.map(({ key, critical }) => ({ key, critical })),
    signingAgent: attributes.signingAgent,
    timestamps: evidence.timestamps?.length ?? 0,
    certificates: certificates.map(der => parseCertificate(der)),
  }
}
