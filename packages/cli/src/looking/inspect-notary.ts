import { SealwrightError } from '@sealwright/core'
import type { SignatureBinding } from '@sealwright/notary'
import { parseCertificate } from '@sealwright/x509'
import { describeCertificate } from '../certificates/describe.ts'
import { formatTime } from '../frame/time.ts'
import type { Facts, FoundEnvelope } from './found-envelope.ts'

/** A Notary Project envelope. Throws `VALIDATION`. */
export function inspectNotary({ envelope, name }: SignatureBinding, { bytes }: FoundEnvelope): Facts {
  const opened = envelope.open(bytes)
  const [signature] = opened.signatures
  if (signature === undefined) throw new SealwrightError('VALIDATION', 'it holds no signature')
  const { attributes, algorithm, certificates = [], evidence } = signature
  const { annotations = {}, mediaType, digest, size } = opened.content()
  return {
    kind: 'signature',
    format: name as 'jws' | 'cose',
    algorithm: algorithm ?? null,
    target: { mediaType, digest, size },
    metadata: { ...annotations },
    scheme: attributes.signingScheme ?? 'notary.x509',
    signingTime: formatTime(attributes.signingTime),
    expiry: attributes.expiry === undefined ? null : formatTime(attributes.expiry),
    extended: (attributes.extended ?? []).map(({ key, critical }) => ({ key, critical })),
    signingAgent: attributes.signingAgent ?? null,
    timestamps: evidence.timestamps?.length ?? 0,
    certificates: certificates.map(der => describeCertificate(parseCertificate(der))),
  }
}
