import {
  constants,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type EnvelopeFormat, openSigner, seal, type TargetArtifact } from '@sealwright/core'
import { notaryCose } from '@sealwright/core/notary-cose'
import { type NotaryAttributes, notaryJws } from '@sealwright/core/notary-jws'
import { fileKeys } from '@sealwright/provider-file'
import { type Identity, makeAuthority, makeLeaf } from '../services/certificates.ts'
import { scratch } from '../services/scratch.ts'
import { type Figure, pairs, timed } from './measure.ts'

const FORMATS = { JWS: notaryJws, COSE: notaryCose }
const CONTENT: TargetArtifact = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: `sha256:${'5c'.repeat(32)}`,
  size: 528,
}
const RSA_SEALS = 30
const P256_SEALS = 600

/** A bare signature of what the envelope signs, with the very same key. */
interface Bare {
  sign(message: Uint8Array): Uint8Array
  verify(message: Uint8Array, signature: Uint8Array): boolean
}

/** What an envelope costs above the signature inside: encoding, chain, pipeline, and the verification of our own result. */
export async function sealingFigures(): Promise<readonly Figure[]> {
  const directory = await scratch('bench')
  const root = await makeAuthority(directory, 'root')
  const rsa = await makeLeaf(directory, 'rsa', root, { type: 'RSA-3072' })
  const p256 = await makeLeaf(directory, 'p256', root, { type: 'EC-P256' })
  const figures: Figure[] = []
  for (const [name, format] of Object.entries(FORMATS)) {
    const against = await compare(format, rsa, RSA_SEALS, ({ sign }, message) => sign(message))
    figures.push({
      name: `seal ${name} / RSA-3072 signature`,
      ...against,
      bound: { atMost: 1.25 },
      unit: '×',
    })
  }
  for (const [name, format] of Object.entries(FORMATS)) {
    const both = await compare(format, p256, P256_SEALS, ({ sign, verify }, message) =>
      verify(message, sign(message)),
    )
    figures.push({
      name: `seal ${name} / P-256 signature and its check`,
      ...both,
      bound: { atMost: 1.3 },
      unit: '×',
    })
  }
  return figures
}

async function compare(
  format: EnvelopeFormat<TargetArtifact, NotaryAttributes>,
  identity: Identity,
  count: number,
  peer: (bare: Bare, message: Uint8Array) => unknown,
): Promise<Pick<Figure, 'median' | 'spread'>> {
  await using signer = await openSigner(fileKeys(), `file:${identity.keyPath}`, {
    algorithm: format.algorithmFor,
  })
  const pem = await readFile(identity.chainPath, 'utf8')
  const certificates = pem
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter(text => text.includes('CERTIFICATE'))
    .map(text => new Uint8Array(new X509Certificate(text).raw))
  const key = createPrivateKey(await readFile(identity.keyPath))
  const bare = key.asymmetricKeyType === 'rsa' ? barePss(key) : bareEcdsa(key)
  const sealOnce = () =>
    seal(format, CONTENT, signer, { attributes: { signingTime: new Date() }, certificates })
  const message = format.open((await sealOnce()).bytes).signatures[0]!.toBeSigned
  return await pairs(
    () =>
      timed(async () => {
        for (let round = 0; round < count; round++) await sealOnce()
      }),
    () =>
      timed(() => {
        for (let round = 0; round < count; round++) peer(bare, message)
      }),
    (ours, theirs) => ours / theirs,
  )
}

function barePss(key: KeyObject): Bare {
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const publicKey = createPublicKey(key)
  return {
    sign: message => sign('sha384', message, { key, ...pss }),
    verify: (message, signature) => verify('sha384', message, { key: publicKey, ...pss }, signature),
  }
}

function bareEcdsa(key: KeyObject): Bare {
  const dsaEncoding = 'ieee-p1363'
  const publicKey = createPublicKey(key)
  return {
    sign: message => sign('sha256', message, { key, dsaEncoding }),
    verify: (message, signature) => verify('sha256', message, { key: publicKey, dsaEncoding }, signature),
  }
}
