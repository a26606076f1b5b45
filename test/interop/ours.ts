import { readFile } from 'node:fs/promises'
import { openSigner, seal } from '@sealwright/core'
import type { NotaryAttributes } from '@sealwright/core/notary-jws'
import {
  type ArtifactOptions,
  createVerifier,
  notaryCose,
  notaryJws,
  type Report,
  signArtifact,
  trustDirectory,
} from '@sealwright/notary'
import { fileKeys } from '@sealwright/provider-file'
import { parseCertificates } from '@sealwright/x509'
import type { Identity } from '../services/certificates.ts'
import type { Place } from './places.ts'

export const FORMATS = ['jws', 'cose'] as const
export type Format = (typeof FORMATS)[number]
const BINDINGS = { jws: notaryJws, cose: notaryCose }

export interface SignRequest {
  readonly identity: Identity
  readonly format: Format
  readonly attributes?: Partial<NotaryAttributes>
  readonly metadata?: Readonly<Record<string, string>>
  readonly manifest?: 'config-type' | 'artifact-type'
}

/** Signs the image of a place with our libraries alone. */
export async function signOurselves(place: Place, request: SignRequest): Promise<void> {
  const { identity, format, attributes, metadata, manifest } = request
  const binding = BINDINGS[format]
  await using signer = await openSigner(fileKeys(), `file:${identity.keyPath}`, {
    algorithm: binding.envelope.algorithmFor,
  })
  const chain = parseCertificates(await readFile(identity.chainPath), identity.chainPath)
  await signArtifact(
    { artifacts: place.artifacts },
    place.image.digest,
    binding,
    content =>
      seal(binding.envelope, content, signer, {
        attributes: { signingTime: new Date(), ...attributes },
        certificates: chain.map(certificate => certificate.der),
      }),
    { ...(metadata === undefined ? {} : { metadata }), ...(manifest === undefined ? {} : { manifest }) },
  )
}

/** Judges the image of a place with our libraries alone, under the trust directory that notation uses too. */
export async function verifyOurselves(
  place: Pick<Place, 'artifacts' | 'image' | 'scope'>,
  trust: string,
  now: Date = new Date(),
  options: ArtifactOptions = {},
): Promise<Report> {
  const verifier = await createVerifier({ trust: await trustDirectory(trust), clock: () => now })
  return verifier.verify(
    { artifacts: place.artifacts, reference: place.image.digest, scope: place.scope },
    options,
  )
}
