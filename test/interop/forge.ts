import { sign as cryptoSign, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Identity } from '../services/certificates.ts'
import { type Image, MANIFEST, putBlob, readLayoutIndex } from '../services/image.ts'
import {
  type Cbor,
  cborArray,
  cborBytes,
  cborInteger,
  cborMap,
  cborTag,
  cborText,
  sortedPairs,
} from './cbor.ts'
import type { Format } from './ours.ts'

/** All that an envelope says, good or bad, before it is signed. The defaults make a good one. */
export interface Claims {
  readonly alg: string
  readonly cty: string | undefined
  readonly scheme: string | undefined
  readonly signingTime: Date | undefined
  readonly authenticSigningTime: Date | undefined
  readonly expiry: Date | undefined
  readonly crit: readonly string[] | undefined
  /** Further protected headers. */
  readonly extended: Readonly<Record<string, string>>
  readonly payload: string
  /** DER, leaf first. */
  readonly certificates: readonly Uint8Array[] | undefined
  /** Further unprotected headers. */
  readonly unprotected: Readonly<Record<string, string>>
}

/** What can be broken about the written form of an envelope. */
export interface Form {
  /** JWS: rewrites the text of the protected header, or of the finished envelope. */
  readonly protectedText?: (text: string) => string
  readonly envelopeText?: (text: string) => string
  /** COSE: rewrites the pairs of the protected header, or the finished bytes. */
  readonly protectedPairs?: (pairs: readonly Pair[]) => readonly Pair[]
  readonly unprotectedPairs?: (pairs: readonly Pair[]) => readonly Pair[]
  readonly envelopeBytes?: (bytes: Uint8Array) => Uint8Array
  readonly untagged?: boolean
  readonly signature?: (bytes: Uint8Array) => Uint8Array
}

export type Pair = readonly [Cbor, Cbor]

const PAYLOAD_TYPE = 'application/vnd.cncf.notary.payload.v1+json'
export const MEDIA_TYPES = { jws: 'application/jose+json', cose: 'application/cose' } as const
const PREFIX = 'io.cncf.notary.'
const COSE_ES256 = -7

/** Claims that notation and we both accept, over `image`. */
export async function goodClaims(image: Image, identity: Identity): Promise<Claims> {
  const { mediaType, digest, size } = image
  return {
    alg: 'ES256',
    cty: PAYLOAD_TYPE,
    scheme: 'notary.x509',
    signingTime: new Date(),
    authenticSigningTime: undefined,
    expiry: undefined,
    crit: [`${PREFIX}signingScheme`],
    extended: {},
    payload: JSON.stringify({ targetArtifact: { mediaType, digest, size } }),
    certificates: await certificatesOf(identity.chainPath),
    unprotected: {},
  }
}

/** Signs what the claims say with the identity's P-256 key, through node:crypto alone. */
export async function forge(
  format: Format,
  claims: Claims,
  identity: Identity,
  form: Form = {},
): Promise<Uint8Array> {
  const key = await readFile(identity.keyPath, 'utf8')
  const sign = (bytes: Uint8Array): Uint8Array => {
    const signature = cryptoSign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' })
    return form.signature?.(signature) ?? signature
  }
  return format === 'jws' ? forgeJws(claims, form, sign) : forgeCose(claims, form, sign)
}

function forgeJws(claims: Claims, form: Form, sign: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const rfc3339 = (time: Date | undefined) => time?.toISOString().replace(/\.\d+Z$/, 'Z')
  const header = JSON.stringify({
    alg: claims.alg,
    crit: claims.crit,
    cty: claims.cty,
    [`${PREFIX}signingScheme`]: claims.scheme,
    [`${PREFIX}signingTime`]: rfc3339(claims.signingTime),
    [`${PREFIX}authenticSigningTime`]: rfc3339(claims.authenticSigningTime),
    [`${PREFIX}expiry`]: rfc3339(claims.expiry),
    ...claims.extended,
  })
  const protectedHeader = Buffer.from(form.protectedText?.(header) ?? header).toString('base64url')
  const payload = Buffer.from(claims.payload).toString('base64url')
  const signature = Buffer.from(sign(Buffer.from(`${protectedHeader}.${payload}`))).toString('base64url')
  const x5c = claims.certificates?.map(certificate => Buffer.from(certificate).toString('base64'))
  const text = JSON.stringify({
    payload,
    protected: protectedHeader,
    header: { x5c, ...claims.unprotected },
    signature,
  })
  return Buffer.from(form.envelopeText?.(text) ?? text)
}

function forgeCose(claims: Claims, form: Form, sign: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const named = (name: string, value: Cbor | undefined): Pair[] =>
    value === undefined ? [] : [[cborText(name), value]]
  const epoch = (time: Date | undefined) => time && cborTag(1, cborInteger(Math.floor(time.getTime() / 1000)))
  const text = (value: string | undefined) => (value === undefined ? undefined : cborText(value))
  const pairs = sortedPairs([
    [cborInteger(1), claims.alg === 'ES256' ? cborInteger(COSE_ES256) : cborText(claims.alg)],
    ...(claims.crit ? [[cborInteger(2), cborArray(...claims.crit.map(cborText))] as const] : []),
    ...(claims.cty === undefined ? [] : [[cborInteger(3), cborText(claims.cty)] as const]),
    ...named(`${PREFIX}signingScheme`, text(claims.scheme)),
    ...named(`${PREFIX}signingTime`, epoch(claims.signingTime)),
    ...named(`${PREFIX}authenticSigningTime`, epoch(claims.authenticSigningTime)),
    ...named(`${PREFIX}expiry`, epoch(claims.expiry)),
    ...Object.entries(claims.extended).flatMap(([name, value]) => named(name, cborText(value))),
  ])
  const protectedHeader = cborBytes(cborMap(...(form.protectedPairs?.(pairs) ?? pairs)))
  const payload = cborBytes(Buffer.from(claims.payload))
  const toBeSigned = cborArray(cborText('Signature1'), protectedHeader, cborBytes(Buffer.alloc(0)), payload)
  const chain = claims.certificates && cborArray(...claims.certificates.map(cborBytes))
  const unprotected = sortedPairs([
    ...(chain ? [[cborInteger(33), chain] as const] : []),
    ...Object.entries(claims.unprotected).flatMap(([name, value]) => named(name, cborText(value))),
  ])
  const message = cborArray(
    protectedHeader,
    cborMap(...(form.unprotectedPairs?.(unprotected) ?? unprotected)),
    payload,
    cborBytes(sign(toBeSigned)),
  )
  const envelope = form.untagged ? message : cborTag(18, message)
  return form.envelopeBytes?.(envelope) ?? envelope
}

/** Stores an envelope as a signature of `image` in a layout, in the form that notation v1.3.2 finds there. */
export async function attachToLayout(
  directory: string,
  image: Image,
  format: Format,
  envelope: Uint8Array,
): Promise<void> {
  const config = Buffer.from('{}')
  const { mediaType, digest, size } = image
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: {
        mediaType: 'application/vnd.cncf.notary.signature',
        digest: await putBlob(directory, config),
        size: config.length,
      },
      layers: [
        { mediaType: MEDIA_TYPES[format], digest: await putBlob(directory, envelope), size: envelope.length },
      ],
      subject: { mediaType, digest, size },
      annotations: { 'org.opencontainers.image.created': new Date().toISOString() },
    }),
  )
  const index = await readLayoutIndex(directory)
  const stored = await putBlob(directory, manifest)
  index.manifests.push({ mediaType: MANIFEST, digest: stored, size: manifest.length })
  await writeFile(join(directory, 'index.json'), JSON.stringify(index))
}

/** DER certificates of a PEM file, in its order. */
export async function certificatesOf(path: string): Promise<readonly Uint8Array[]> {
  const blocks = (await readFile(path, 'utf8')).match(
    /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
  )
  return (blocks ?? []).map(block => new X509Certificate(block).raw)
}
