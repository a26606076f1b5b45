import type { Identity } from '../services/certificates.ts'
import type { Image } from '../services/image.ts'
import { cborArray, cborBytes, cborInteger, cborTag, cborText } from './cbor.ts'
import { ecdsaToDer } from './ecdsa-der.ts'
import { type Claims, certificatesOf, type Form, type Pair } from './forge.ts'
import type { Format } from './ours.ts'

/** One way for an envelope to differ from a good one, and who must accept it. */
export interface Forgery {
  readonly title: string
  /** Only in this format; otherwise in both. */
  readonly format?: Format
  /** `both` and `neither`: we agree with notation. `notation`: it accepts what we refuse, for the reason given. */
  readonly acceptedBy: 'both' | 'neither' | 'notation'
  /** Why we differ. */
  readonly because?: string
  readonly claims?: (good: Claims, image: Image) => Partial<Claims> | Promise<Partial<Claims>>
  readonly form?: Form
  /** Which key signs; default a P-256 leaf of the code signing profile. */
  readonly identity?: ForgerName
}

/** Identities that the cases need: P-256 keys under the trusted root, their leaves good and bad. */
export const FORGERS = {
  good: {},
  noExtendedKeyUsage: {
    extensions: ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature'],
  },
  noBasicConstraints: { extensions: ['keyUsage=critical,digitalSignature'] },
  contentCommitment: { extensions: ['keyUsage=critical,digitalSignature,nonRepudiation'] },
  keyUsageNotCritical: { extensions: ['keyUsage=digitalSignature'] },
  noKeyUsage: { extensions: ['basicConstraints=critical,CA:FALSE'] },
  noDigitalSignature: { extensions: ['keyUsage=critical,nonRepudiation'] },
  keyEncipherment: { extensions: ['keyUsage=critical,digitalSignature,keyEncipherment'] },
  certificateSigning: {
    extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,digitalSignature,keyCertSign'],
  },
  serverAuth: {
    extensions: ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=codeSigning,serverAuth'],
  },
  timeStamping: { extensions: ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=timeStamping'] },
  ocspSigning: { extensions: ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=OCSPSigning'] },
  anyExtendedKeyUsage: {
    extensions: ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=anyExtendedKeyUsage'],
  },
  expired: { notBeforeDays: -9, notAfterDays: -1 },
  notYetValid: { notBeforeDays: 1, notAfterDays: 9 },
  noState: { subject: 'CN=nobody,O=Sealwright Test,C=US' },
} as const satisfies Readonly<Record<string, ForgerOptions>>

export type ForgerName = keyof typeof FORGERS

export interface ForgerOptions {
  readonly extensions?: readonly string[]
  readonly notBeforeDays?: number
  readonly notAfterDays?: number
  readonly subject?: string
}

const N = 'io.cncf.notary.'
const hours = (count: number) => new Date(Date.now() + count * 3_600_000)
const scheme = `${N}signingScheme`
const withTarget = (change: (target: Record<string, unknown>) => unknown) => (good: Claims) => {
  const { targetArtifact } = JSON.parse(good.payload) as { targetArtifact: Record<string, unknown> }
  return { payload: JSON.stringify(change(targetArtifact)) }
}
const inProtected = (change: (pairs: Pair[]) => readonly Pair[]): Form => ({
  protectedPairs: pairs => change([...pairs]),
})
const replacePair = (name: string, value: Uint8Array) =>
  inProtected(pairs =>
    pairs.map(pair => (Buffer.compare(pair[0], cborText(`${N}${name}`)) === 0 ? [pair[0], value] : pair)),
  )

const CLAIMS: readonly Forgery[] = [
  { title: 'nothing is changed', acceptedBy: 'both' },
  {
    title: 'it expires tomorrow',
    acceptedBy: 'both',
    claims: () => ({ expiry: hours(24), crit: [scheme, `${N}expiry`] }),
  },
  {
    title: 'it expired an hour ago',
    acceptedBy: 'neither',
    claims: () => ({ signingTime: hours(-2), expiry: hours(-1), crit: [scheme, `${N}expiry`] }),
  },
  {
    title: 'it expires before it was signed',
    acceptedBy: 'neither',
    claims: () => ({ signingTime: hours(2), expiry: hours(1), crit: [scheme, `${N}expiry`] }),
  },
  { title: 'its expiry is not critical', acceptedBy: 'neither', claims: () => ({ expiry: hours(24) }) },
  { title: 'nothing is critical', acceptedBy: 'neither', claims: () => ({ crit: undefined }) },
  { title: 'the list of critical headers is empty', acceptedBy: 'neither', claims: () => ({ crit: [] }) },
  {
    title: 'a critical header is absent',
    acceptedBy: 'neither',
    claims: () => ({ crit: [scheme, 'com.example.absent'] }),
  },
  {
    title: 'the algorithm is named critical',
    acceptedBy: 'neither',
    claims: () => ({ crit: [scheme, 'alg'] }),
  },
  {
    title: 'the signing time is named critical',
    format: 'jws',
    acceptedBy: 'neither',
    claims: () => ({ crit: [scheme, `${N}signingTime`] }),
  },
  {
    title: 'the signing time is named critical',
    format: 'cose',
    acceptedBy: 'notation',
    because: 'the specification keeps it out of the list, and notation does in JWS',
    claims: () => ({ crit: [scheme, `${N}signingTime`] }),
  },
  {
    title: 'a header is critical twice',
    format: 'jws',
    acceptedBy: 'neither',
    claims: () => ({ crit: [scheme, scheme] }),
  },
  {
    title: 'a header is critical twice',
    format: 'cose',
    acceptedBy: 'notation',
    because: 'notation refuses the same in JWS',
    claims: () => ({ crit: [scheme, scheme] }),
  },
  {
    title: 'an unknown attribute is critical',
    acceptedBy: 'notation',
    because: 'the specification refuses it; notation looks only when a verification plug-in runs',
    claims: () => ({ extended: { 'com.example.a': 'b' }, crit: [scheme, 'com.example.a'] }),
  },
  {
    title: 'an unknown attribute is not critical',
    acceptedBy: 'both',
    claims: () => ({ extended: { 'com.example.a': 'b' } }),
  },
  { title: 'no content type is given', acceptedBy: 'neither', claims: () => ({ cty: undefined }) },
  {
    title: 'another content type is given',
    acceptedBy: 'neither',
    claims: () => ({ cty: 'application/json' }),
  },
  {
    title: 'no signing scheme is given',
    acceptedBy: 'neither',
    claims: () => ({ scheme: undefined, crit: [`${N}signingTime`] }),
  },
  {
    title: 'the signing scheme is unknown',
    acceptedBy: 'neither',
    claims: () => ({ scheme: 'notary.x510' }),
  },
  {
    title: 'a signing authority signs that no store trusts',
    acceptedBy: 'neither',
    claims: () => ({
      scheme: 'notary.x509.signingAuthority',
      signingTime: undefined,
      authenticSigningTime: new Date(),
      crit: [scheme, `${N}authenticSigningTime`],
    }),
  },
  { title: 'no signing time is given', acceptedBy: 'neither', claims: () => ({ signingTime: undefined }) },
  {
    title: 'an authentic signing time is given beside the signing time',
    format: 'jws',
    acceptedBy: 'neither',
    claims: () => ({ authenticSigningTime: new Date(), crit: [scheme, `${N}authenticSigningTime`] }),
  },
  {
    title: 'an authentic signing time is given beside the signing time',
    format: 'cose',
    acceptedBy: 'notation',
    because: 'the specification allows one of them only, and notation does in JWS',
    claims: () => ({ authenticSigningTime: new Date(), crit: [scheme, `${N}authenticSigningTime`] }),
  },
  {
    title: 'the signing time lies in the future',
    acceptedBy: 'both',
    claims: () => ({ signingTime: hours(24) }),
  },
  {
    title: 'the algorithm belongs to another curve',
    acceptedBy: 'neither',
    claims: () => ({ alg: 'ES384' }),
  },
  { title: 'the algorithm is none', acceptedBy: 'neither', claims: () => ({ alg: 'none' }) },
]

const PAYLOADS: readonly Forgery[] = [
  {
    title: 'the payload names another digest',
    acceptedBy: 'neither',
    claims: withTarget(target => ({ targetArtifact: { ...target, digest: `sha256:${'0'.repeat(64)}` } })),
  },
  {
    title: 'the payload names another size',
    acceptedBy: 'neither',
    claims: withTarget(target => ({ targetArtifact: { ...target, size: 1 } })),
  },
  {
    title: 'the payload names another media type',
    acceptedBy: 'neither',
    claims: withTarget(target => ({ targetArtifact: { ...target, mediaType: 'text/plain' } })),
  },
  {
    title: 'the payload has no target',
    acceptedBy: 'neither',
    claims: withTarget(() => ({})),
  },
  {
    title: 'the target has members of an OCI descriptor that Notation does not sign',
    acceptedBy: 'both',
    claims: withTarget(target => ({ targetArtifact: { ...target, artifactType: 'a/b', urls: ['x:y'] } })),
  },
  {
    title: 'the payload has a member beside the target',
    acceptedBy: 'both',
    claims: withTarget(target => ({ targetArtifact: target, more: 1 })),
  },
  {
    title: 'the target has a member twice, of which the last is right',
    acceptedBy: 'notation',
    because: 'two readers of one text must not see two payloads',
    claims: good => ({ payload: good.payload.replace('"digest"', '"digest":"sha256:00","digest"') }),
  },
  {
    title: 'the members of the target are spelt in capitals',
    acceptedBy: 'notation',
    because: 'Go matches member names without regard to case; JSON does not',
    claims: good => ({ payload: good.payload.replace('"digest"', '"DIGEST"') }),
  },
  { title: 'the payload is not JSON', acceptedBy: 'neither', claims: () => ({ payload: 'hello' }) },
]

const CHAINS: readonly Forgery[] = [
  { title: 'no certificates are given', acceptedBy: 'neither', claims: () => ({ certificates: undefined }) },
  { title: 'the list of certificates is empty', acceptedBy: 'neither', claims: () => ({ certificates: [] }) },
  {
    title: 'the root is left out',
    acceptedBy: 'neither',
    claims: good => ({ certificates: good.certificates?.slice(0, 1) }),
  },
  {
    title: 'the root comes first',
    acceptedBy: 'neither',
    claims: good => ({ certificates: good.certificates?.toReversed() }),
  },
  {
    title: 'the root comes twice',
    acceptedBy: 'neither',
    claims: good => ({ certificates: [...(good.certificates ?? []), good.certificates![1]!] }),
  },
  {
    title: 'a certificate is junk',
    acceptedBy: 'neither',
    claims: good => ({ certificates: [good.certificates![0]!, Buffer.from('junk')] }),
  },
  {
    title: 'a byte follows a certificate',
    acceptedBy: 'neither',
    claims: good => ({
      certificates: [good.certificates![0]!, Buffer.concat([good.certificates![1]!, Buffer.of(0)])],
    }),
  },
  { title: 'the leaf has no extended key usage', acceptedBy: 'both', identity: 'noExtendedKeyUsage' },
  { title: 'the leaf has no basic constraints', acceptedBy: 'both', identity: 'noBasicConstraints' },
  { title: 'the leaf may also commit to content', acceptedBy: 'both', identity: 'contentCommitment' },
  { title: "the leaf's key usage is not critical", acceptedBy: 'neither', identity: 'keyUsageNotCritical' },
  { title: 'the leaf has no key usage', acceptedBy: 'neither', identity: 'noKeyUsage' },
  { title: 'the leaf lacks digitalSignature', acceptedBy: 'neither', identity: 'noDigitalSignature' },
  { title: 'the leaf may encipher keys', acceptedBy: 'neither', identity: 'keyEncipherment' },
  { title: 'the leaf may sign certificates', acceptedBy: 'neither', identity: 'certificateSigning' },
  { title: 'the leaf is a TLS server', acceptedBy: 'neither', identity: 'serverAuth' },
  { title: 'the leaf is a timestamp authority', acceptedBy: 'neither', identity: 'timeStamping' },
  { title: 'the leaf is an OCSP responder', acceptedBy: 'neither', identity: 'ocspSigning' },
  {
    title: 'the leaf may be used for anything',
    acceptedBy: 'notation',
    because: 'the specification forbids anyExtendedKeyUsage',
    identity: 'anyExtendedKeyUsage',
  },
  { title: 'the leaf has expired', acceptedBy: 'neither', identity: 'expired' },
  { title: 'the leaf is not valid yet', acceptedBy: 'neither', identity: 'notYetValid' },
  { title: 'the subject of the leaf names no state', acceptedBy: 'both', identity: 'noState' },
]

const flipLast = (bytes: Uint8Array) => {
  const copy = Uint8Array.from(bytes)
  copy[copy.length - 1]! ^= 1
  return copy
}
/** The other signature that ECDSA always has: n − s in place of s. */
const otherS = (signature: Uint8Array) => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
  return Buffer.concat([
    signature.subarray(0, 32),
    Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex'),
  ])
}

const SIGNATURES: readonly Forgery[] = [
  { title: 'a bit of the signature is flipped', acceptedBy: 'neither', form: { signature: flipLast } },
  {
    title: 'the signature is cut',
    acceptedBy: 'neither',
    form: { signature: bytes => bytes.subarray(0, 63) },
  },
  { title: 'the signature is empty', acceptedBy: 'neither', form: { signature: () => Buffer.alloc(0) } },
  { title: 'the signature is written as DER', acceptedBy: 'neither', form: { signature: ecdsaToDer } },
  { title: 's is replaced by n − s', acceptedBy: 'both', form: { signature: otherS } },
]

const JWS: readonly Forgery[] = [
  {
    title: 'the protected header has a member twice',
    acceptedBy: 'notation',
    because: 'RFC 7515 §4 wants such a header refused',
    form: { protectedText: text => text.replace('"cty"', '"cty":"x","cty"') },
  },
  {
    title: 'the protected header is spread over lines',
    acceptedBy: 'both',
    form: { protectedText: text => JSON.stringify(JSON.parse(text), null, 2) },
  },
  {
    title: 'the signing time has an offset',
    acceptedBy: 'both',
    form: { protectedText: text => text.replace(/(signingTime":")([^"]*)Z/, '$1$2+08:00') },
  },
  {
    title: 'the signing time has a fraction of a second',
    acceptedBy: 'both',
    form: { protectedText: text => text.replace(/(signingTime":")([^"]*)Z/, '$1$2.5Z') },
  },
  {
    title: 'the signing time is written in small letters',
    acceptedBy: 'neither',
    form: { protectedText: text => text.replace(/(signingTime":"[^"]*)T([^"]*)Z/, '$1t$2z') },
  },
  {
    title: 'the signing time is a number',
    acceptedBy: 'neither',
    form: { protectedText: text => text.replace(/(signingTime":)"[^"]*"/, '$11700000000') },
  },
  {
    title: 'the payload is not encoded, as b64 says',
    acceptedBy: 'notation',
    because: 'a critical header that a verifier does not understand must fail',
    claims: () => ({ crit: [scheme, 'b64'] }),
    form: { protectedText: text => text.replace('{', '{"b64":false,') },
  },
  {
    title: 'the envelope is spread over lines',
    acceptedBy: 'both',
    form: { envelopeText: text => `${JSON.stringify(JSON.parse(text), null, 2)}\n` },
  },
  {
    title: 'text follows the envelope',
    acceptedBy: 'neither',
    form: { envelopeText: text => `${text}{}` },
  },
  {
    title: 'the envelope begins with a BOM',
    acceptedBy: 'neither',
    form: { envelopeText: text => `\uFEFF${text}` },
  },
  {
    title: 'the signature is padded',
    acceptedBy: 'neither',
    form: { envelopeText: text => text.replace(/"}$/, '=="}') },
  },
  {
    title: 'the envelope has an unknown member',
    acceptedBy: 'both',
    form: { envelopeText: text => text.replace('{', '{"more":1,') },
  },
  {
    title: 'the envelope has its payload twice',
    acceptedBy: 'notation',
    because: 'two readers of one text must not see two envelopes',
    form: { envelopeText: text => text.replace('{', '{"payload":"e30",') },
  },
  {
    title: 'the envelope is in the general form',
    acceptedBy: 'neither',
    form: {
      envelopeText: text => {
        const { payload, ...signature } = JSON.parse(text)
        return JSON.stringify({ payload, signatures: [signature] })
      },
    },
  },
  {
    title: 'the envelope is in the compact form',
    acceptedBy: 'neither',
    form: {
      envelopeText: text => {
        const { payload, protected: header, signature } = JSON.parse(text)
        return `${header}.${payload}.${signature}`
      },
    },
  },
  {
    title: 'the certificates are in base64url',
    acceptedBy: 'neither',
    form: {
      envelopeText: text => {
        const envelope = JSON.parse(text) as { header: { x5c: string[] } }
        envelope.header.x5c = envelope.header.x5c.map(each =>
          Buffer.from(each, 'base64').toString('base64url'),
        )
        return JSON.stringify(envelope)
      },
    },
  },
  {
    title: 'an unknown header is not protected',
    acceptedBy: 'both',
    claims: () => ({ unprotected: { more: 'x' } }),
  },
  {
    title: 'a header is protected and unprotected',
    acceptedBy: 'notation',
    because: 'RFC 7515 §7.2.1 wants the names in both to be disjoint',
    claims: () => ({ unprotected: { alg: 'ES384' } }),
  },
  {
    title: 'members of the envelope are spelt in capitals',
    acceptedBy: 'notation',
    because: 'Go matches member names without regard to case; JSON does not',
    form: { envelopeText: text => text.replace('"signature"', '"Signature"') },
  },
]

const INTEGER_TIME = Math.floor(Date.now() / 1000)

const COSE: readonly Forgery[] = [
  { title: 'the envelope has no tag', acceptedBy: 'neither', form: { untagged: true } },
  {
    title: 'bytes follow the envelope',
    acceptedBy: 'neither',
    form: { envelopeBytes: bytes => Buffer.concat([bytes, Buffer.of(0)]) },
  },
  {
    title: 'the protected header has a label twice',
    acceptedBy: 'neither',
    form: inProtected(pairs => [...pairs, [cborInteger(3), cborText('x')]]),
  },
  {
    title: 'the protected header is not in order',
    acceptedBy: 'both',
    form: inProtected(pairs => pairs.toReversed()),
  },
  {
    title: 'the signing time is text',
    acceptedBy: 'neither',
    form: replacePair('signingTime', cborTag(0, cborText('2026-01-01T00:00:00Z'))),
  },
  {
    title: 'the signing time has no tag',
    acceptedBy: 'neither',
    form: replacePair('signingTime', cborInteger(INTEGER_TIME)),
  },
  {
    title: 'the signing time is a fraction',
    acceptedBy: 'both',
    form: replacePair('signingTime', cborTag(1, Buffer.from('fb41d95a3f8e200000', 'hex'))),
  },
  {
    title: 'the algorithm is text',
    acceptedBy: 'neither',
    form: inProtected(pairs => [[pairs[0]![0], cborText('ES256')], ...pairs.slice(1)]),
  },
  {
    title: 'the only certificate is not a list',
    acceptedBy: 'neither',
    form: {
      unprotectedPairs: pairs => pairs.map(([label]) => [label, cborBytes(Buffer.from('x'))] as const),
    },
  },
  {
    title: 'an unknown label is not protected',
    acceptedBy: 'both',
    claims: () => ({ unprotected: { more: 'x' } }),
  },
  {
    title: 'a label is protected and unprotected',
    acceptedBy: 'notation',
    because: 'RFC 9052 §3 wants the labels in both to be disjoint',
    form: { unprotectedPairs: pairs => [[cborInteger(1), cborInteger(-35)], ...pairs] },
  },
  {
    title: 'a critical label is a number that is absent',
    acceptedBy: 'neither',
    form: inProtected(pairs => [
      pairs[0]!,
      [cborInteger(2), cborArray(cborText(scheme), cborInteger(99))],
      ...pairs.slice(2),
    ]),
  },
  {
    title: 'the array of the envelope has no length',
    acceptedBy: 'neither',
    form: {
      envelopeBytes: bytes => Buffer.concat([Buffer.of(0xd2, 0x9f), bytes.subarray(2), Buffer.of(0xff)]),
    },
  },
  {
    title: 'a length in the envelope is not minimal',
    acceptedBy: 'neither',
    form: { envelopeBytes: bytes => Buffer.concat([Buffer.of(0xd2, 0x98, 4), bytes.subarray(2)]) },
  },
]

/** Every case, those of one format marked. */
export const FORGERIES: readonly Forgery[] = [
  ...CLAIMS,
  ...PAYLOADS,
  ...CHAINS,
  ...SIGNATURES,
  ...JWS.map(forgery => ({ ...forgery, format: 'jws' as const })),
  ...COSE.map(forgery => ({ ...forgery, format: 'cose' as const })),
]

/** The forger's good claims with what the case changes. */
export async function claimsOf(
  forgery: Forgery,
  good: Claims,
  image: Image,
  identity: Identity,
): Promise<Claims> {
  const certificates = await certificatesOf(identity.chainPath)
  const claims = { ...good, certificates }
  return { ...claims, ...(await forgery.claims?.(claims, image)) }
}
