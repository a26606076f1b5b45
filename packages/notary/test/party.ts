import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  type AlgorithmId,
  algorithms,
  type Envelope,
  type KeyProvider,
  openSigner,
  type Signer,
  seal,
  type TargetArtifact,
} from '@sealwright/core'
import type { NotaryAttributes } from '@sealwright/core/notary-jws'
import { type Certificate, type IssueOptions, issueCertificate } from '@sealwright/x509'
import { notaryJws, type SignatureBinding } from '../src/index.ts'

export const NOW = new Date('2026-06-01T12:00:00Z')
export const DAY = 86_400_000

/** Someone who signs: a key, and the chain that vouches for it. */
export interface Party {
  readonly signer: Signer
  readonly chain: readonly Certificate[]
  /** The certificate to trust. */
  readonly root: Certificate
}

export interface PartyOptions {
  readonly organisation: string
  readonly authority?: Party
  readonly certificate?: Partial<IssueOptions>
  readonly key?: 'p256' | 'p384' | 'rsa2048'
}

/** A self-signed signer, or one that an authority vouches for. */
export async function makeParty({
  organisation,
  authority,
  certificate,
  key = 'p256',
}: PartyOptions): Promise<Party> {
  const signer = await signerOf(makeKey(key))
  const options: IssueOptions = {
    signer: authority?.signer ?? signer,
    subject: `C=DE,ST=Hessen,O=${organisation},CN=release`,
    publicKey: signer.key.publicKey,
    ...(authority === undefined ? {} : { issuer: authority.root }),
    notBefore: new Date(NOW.getTime() - 30 * DAY),
    notAfter: new Date(NOW.getTime() + 30 * DAY),
    ...certificate,
  }
  const leaf = await issueCertificate(options)
  const chain = authority === undefined ? [leaf] : [leaf, ...authority.chain]
  return { signer, chain, root: chain.at(-1)! }
}

export function makeAuthority(organisation: string): Promise<Party> {
  return makeParty({
    organisation,
    certificate: { ca: true, subject: `C=DE,ST=Hessen,O=${organisation},CN=root` },
  })
}

export interface SealingOptions extends Partial<NotaryAttributes> {
  readonly binding?: SignatureBinding
}

/** Seals as this party, at {@link NOW} unless told otherwise. */
export function sealedBy(
  party: Party,
  options: SealingOptions = {},
): (content: TargetArtifact) => Promise<Envelope> {
  const { binding = notaryJws, ...attributes } = options
  return content =>
    seal(binding.envelope, content, party.signer, {
      attributes: { signingTime: NOW, ...attributes },
      certificates: party.chain.map(({ der }) => der),
    })
}

function makeKey(type: 'p256' | 'p384' | 'rsa2048'): {
  key: KeyObject
  spki: Uint8Array
  algorithm: AlgorithmId
} {
  const pair =
    type === 'rsa2048'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: type === 'p256' ? 'P-256' : 'P-384' })
  const algorithm = ({ p256: 'ES256', p384: 'ES384', rsa2048: 'PS256' } as const)[type]
  return {
    key: pair.privateKey,
    spki: new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' })),
    algorithm,
  }
}

function signerOf({ key, spki, algorithm }: ReturnType<typeof makeKey>): Promise<Signer> {
  const { hash, digestLength, family } = algorithms[algorithm]
  const padding =
    family === 'RSASSA-PSS' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: digestLength! } : {}
  const provider: KeyProvider = {
    contract: 1,
    name: 'test',
    schemes: ['test'],
    permissions: {},
    canonical: reference => reference,
    classify: () => undefined,
    open: async reference => ({
      key: {
        reference,
        publicKey: spki,
        algorithms: { [algorithm]: { message: 4 * 1024 * 1024 } },
        protection: 'software',
      },
      signRaw: async ({ bytes }) => ({
        encoding: family === 'ECDSA' ? 'der' : 'raw',
        bytes: new Uint8Array(sign(hash!, bytes, { key, ...padding })),
      }),
    }),
  }
  return openSigner(provider, 'test:key', { algorithm })
}
