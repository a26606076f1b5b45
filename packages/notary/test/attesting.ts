import { type Envelope, seal } from '@sealwright/core'
import type { DssePayload } from '@sealwright/core/dsse'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import { sigstoreBundle } from '@sealwright/sigstore'
import { type AttachedAttestation, attestArtifact, attestationOf, predicateTypeOf } from '../src/index.ts'
import { tokenOver } from './authorities.ts'
import { NOW, type Party } from './party.ts'

export const SLSA = {
  buildDefinition: { buildType: 'https://ci.example/v1' },
  runDetails: { builder: { id: 'ci' } },
}

/** Seals a payload as this party: with its chain, or with a hint at its key; with a timestamp, where an authority is given. */
export function bundledBy(
  party: Party,
  chain = false,
  tsa?: Party,
): (payload: DssePayload) => Promise<Envelope> {
  return payload =>
    seal(sigstoreBundle, payload, party.signer, {
      attributes: {},
      certificates: chain ? party.chain.map(({ der }) => der) : [],
      countersign: async signature =>
        tsa === undefined
          ? {}
          : { timestamps: [await tokenOver(tsa, sigstoreBundle.timestampedBytes(signature))] },
    })
}

/** Attests how an image was built, or what is given. */
export function attestedBy(
  party: Party,
  artifacts: ArtifactStore,
  image: Descriptor,
  options: {
    readonly chain?: boolean
    readonly type?: string
    readonly predicate?: object
    readonly tsa?: Party
  } = {},
): Promise<AttachedAttestation> {
  const { chain, type = 'slsa', predicate = SLSA, tsa } = options
  return attestArtifact(
    { artifacts },
    image,
    attestationOf(predicateTypeOf(type), Buffer.from(JSON.stringify(predicate))),
    bundledBy(party, chain, tsa),
    { publicKey: party.signer.key.publicKey, created: NOW },
  )
}
