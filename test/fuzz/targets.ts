import { generateKeyPairSync } from 'node:crypto'
import { isSealwrightError } from '@sealwright/core'
import { nv2KeyId, openNv2 } from '@sealwright/nv2'
import { type ArtifactStore, memory } from '@sealwright/oci'
import {
  bundleOfSimpleSigning,
  formatSimpleSigning,
  parseBundle,
  parseSimpleSigning,
  parseStatement,
  parseTrustedRoot,
  SimpleSigningAnnotations,
} from '@sealwright/sigstore'
import { dsse } from '../../packages/core/src/dsse/index.ts'
import { cborTagged, decodeCbor, encodeCbor } from '../../packages/core/src/encoding/cbor.ts'
import {
  decodeBase64,
  decodeBase64url,
  decodeJson,
  decodeJsonWithPositions,
  decodePem,
  der,
  readDer,
} from '../../packages/core/src/encoding/index.ts'
import { notaryCose } from '../../packages/core/src/notary-cose/index.ts'
import { notaryJws } from '../../packages/core/src/notary-jws/index.ts'
import { envelope, testSigner } from '../../packages/core/test/envelope-signing.ts'
import { parseKeyLock } from '../../packages/keyring/src/index.ts'
import { EVIDENCE_TYPE, readEvidence } from '../../packages/notary/src/evidence/attached-evidence.ts'
import {
  checkSealwrightPolicy,
  parseSealwrightPolicy,
} from '../../packages/notary/src/policy/check-sealwright-policy.ts'
import { formatSealwrightPolicy } from '../../packages/notary/src/policy/format-sealwright-policy.ts'
import { describe } from '../../packages/notary/src/signature-manifest.ts'
import { isClaims } from '../../packages/notary/src/sound-envelope.ts'
import { checkTrustPolicy } from '../../packages/notary/src/trust/check-policy.ts'
import { OVERVIEW } from '../../packages/notary/test/policy/policy-documents.ts'
import { storeWith } from '../../packages/notary/test/store-with.ts'
import { streamSource } from '../../packages/oci/src/archive/byte-source.ts'
import { tarEntries } from '../../packages/oci/src/archive/tar-entries.ts'
import { IndexDocument } from '../../packages/oci/src/layout/index-document.ts'
import { parseManifest } from '../../packages/oci/src/manifest.ts'
import { parseReference } from '../../packages/oci/src/reference.ts'
import { parseChallenges } from '../../packages/oci-registry/src/auth/challenge.ts'
import { nextLink } from '../../packages/oci-registry/src/http/link.ts'
import { readPrivateKey } from '../../packages/provider-file/src/opened-keys.ts'
import { indexEntries } from '../../packages/x509/src/crl-entries.ts'
import {
  checkChain,
  encodeDistinguishedName,
  judgeOcsp,
  parseCertificate,
  parseCertificates,
  parseDistinguishedName,
  readCrl,
  readTimestampResponse,
  readTimestampToken,
  verifyTimestampToken,
} from '../../packages/x509/src/index.ts'
import { CA_EXTENSIONS, extension, keyOf, leaf, middle, root } from '../../packages/x509/test/craft.ts'
import {
  CA,
  craftCrl,
  craftOcsp,
  entry,
  issuedByCa,
  reasonCode,
} from '../../packages/x509/test/craft-revocation.ts'
import {
  craftToken,
  issuing,
  MESSAGE,
  sha256,
  trusted,
  tsa,
} from '../../packages/x509/test/timestamp-craft.ts'

/** A parser of bytes that others wrote. */
export interface Target {
  readonly name: string
  /** Returns, or throws a `SealwrightError`; anything else is a finding. */
  read(bytes: Uint8Array): unknown
  /** What it reads. Mutants of it are tried. */
  readonly good: Uint8Array
  /** The inputs that cost most, or once did; with the time and memory that it may take. */
  readonly worst?: readonly (() => Uint8Array)[]
  /** Attestations are large by nature: predicates and their envelopes may have 32 MiB. */
  readonly isLarge?: true
}

const MIB = 1024 * 1024
const SIZE = 4 * MIB
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const json = (value: unknown): Uint8Array => bytesOf(JSON.stringify(value))
const lists = (size: number): string => `[${'{},'.repeat(Math.floor(size / 3) - 20)}1]`

const DIGEST = `sha256:${'5'.repeat(64)}`
const content = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: DIGEST, size: 42 }
const signer = testSigner('EC-P256', 'ES256')
const attributes = { signingTime: new Date('2025-06-01T12:00:00Z') }
const jws = envelope(notaryJws, content, attributes, signer)
const cose = envelope(notaryCose, content, attributes, signer)
const statement = json({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ digest: { sha256: '5'.repeat(64) } }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: { a: 1 },
})
const dsseEnvelope = envelope(
  dsse,
  { payloadType: 'application/vnd.in-toto+json', payload: statement },
  {},
  signer,
)
const certificate = Buffer.from(signer.identity.certificates[0]!).toString('base64')
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: DIGEST, size: 42 }
const LAYER = Uint8Array.of(1)

const ca = root({ subject: CA, key: keyOf('ca') })
const revocable = issuedByCa()
/** A CA that permits directories, each given by its organizations from the top down. */
const constrainedCa = (directories: readonly (readonly string[])[]) => {
  const trees = directories.map(names =>
    der.sequence(
      der.explicit(4, encodeDistinguishedName({ rdns: names.map(value => [{ type: 'O', value }]) })),
    ),
  )
  const constraints = der.sequence(der.implicit(0, der.sequence(...trees)))
  return middle({ extensions: [...CA_EXTENSIONS, extension('2.5.29.30', true, constraints)] }).der
}
const constrainedLeaf = leaf()
const revocation = [entry([reasonCode(1)]), entry([], { serial: '01' })]

const NONCE = new Uint8Array(8).fill(7)
const stamped = { message: MESSAGE, roots: [trusted] }

/** What is well formed and changed is not signed, or answers another request; an authority may refuse. */
async function unlessUnsigned(read: () => unknown): Promise<void> {
  try {
    await read()
  } catch (error) {
    if (!isSealwrightError(error) || !SIGNED_OTHERWISE.includes(error.code)) throw error
  }
}
const SIGNED_OTHERWISE = ['INTEGRITY', 'UNAVAILABLE', 'ACCESS_DENIED']

export const targets: readonly Target[] = [
  {
    name: 'OCSP responses',
    read: bytes =>
      judgeOcsp(bytes, { certificate: revocable, issuer: ca, at: new Date('2026-06-15T12:00:00Z') }),
    good: craftOcsp(ca),
    worst: [
      () => Buffer.concat([Buffer.from('30824ffc', 'hex'), Buffer.alloc(0x4ffc, Buffer.from('3000', 'hex'))]),
    ],
  },
  {
    name: 'CRLs',
    read: bytes => unlessUnsigned(() => readCrl(bytes, { issuer: ca })),
    good: craftCrl(ca, { entries: revocation }),
  },
  {
    name: 'entries of CRLs',
    read: async bytes => {
      const list = await indexEntries(bytes, 'input', undefined)
      if (list.size > 10) return
      for (const { serialNumber } of list.entries()) list.find(serialNumber)
    },
    good: Buffer.concat(revocation),
    worst: [
      () =>
        Buffer.concat(
          Array.from({ length: SIZE / 23 }, (_, index) =>
            entry([], { serial: (index + 0x10_0000).toString(16) }),
          ),
        ),
      () => Buffer.alloc(SIZE, entry([], { serial: '01' })),
    ],
  },
  {
    name: 'JSON',
    read: bytes => decodeJson(bytes, { label: 'input' }),
    good: bytesOf('{"a":[1,-2.5e3,true,null,"x\\u00e9\\n"],"b":{"c":"é","d":{}},"e":""}'),
    worst: [
      () => bytesOf(`[${'{},'.repeat(99_998)}1]`),
      () => bytesOf(lists(SIZE)),
      () => bytesOf(`"${'\\n'.repeat(SIZE / 2 - 2)}"`),
      () => bytesOf(`"${'\\u00e9'.repeat(SIZE / 6 - 2)}"`),
      () => bytesOf(`{${Array.from({ length: 99_000 }, (_, i) => `"${i * 97}":0`).join()}}`),
      () => bytesOf(`{${Array.from({ length: 500 }, (_, i) => `"${'x'.repeat(8180)}${i}":0`).join()}}`),
      () => bytesOf(`{${Array.from({ length: 200 }, (_, i) => `"${'x'.repeat(20_000)}${i}":0`).join()}}`),
      () => bytesOf(`${'\n'.repeat(SIZE - 2)}x`),
      () => bytesOf('1'.repeat(SIZE)),
    ],
  },
  {
    name: 'places in JSON',
    read: bytes => {
      const file = decodeJsonWithPositions(bytes, { label: 'input' })
      return [file.position(['a', 1]), file.text(['b', 'c'])]
    },
    good: bytesOf('{"a":[1,2],"b":{"c":"d"}}'),
  },
  {
    name: 'CBOR',
    read: bytes => decodeCbor(bytes, { label: 'input' }),
    good: encodeCbor(
      new Map<unknown, unknown>([
        [1, -38],
        ['text', Uint8Array.of(1, 2, 3)],
        ['nested', new Map([[-1, [true, null, 1.5, cborTagged(1, 2)]]])],
      ]),
    ),
    worst: [
      () => encodeCbor(Array.from({ length: 99_999 }, () => new Map())),
      () => Buffer.concat([Buffer.from('9a003ffffb', 'hex'), Buffer.alloc(SIZE - 5, 0xa0)]),
      () =>
        encodeCbor(
          Array.from({ length: 49 }, () => new Map(Array.from({ length: 1000 }, (_, i) => [`${i}`, i]))),
        ),
      () => encodeCbor(new Map(Array.from({ length: 500 }, (_, i) => [`${'x'.repeat(8180)}${i}`, i]))),
    ],
  },
  {
    name: 'PEM',
    read: bytes => decodePem(bytes, 'input'),
    good: bytesOf(`text\n-----BEGIN X-----\nA: b\n\n${certificate}\n-----END X-----\n`),
    worst: [
      () => bytesOf('-----BEGIN X----\n'.repeat(SIZE / 17)),
      () => bytesOf('-----BEGIN X-----\n-----END X-----\n'.repeat(100_000)),
      () => bytesOf('\n'.repeat(SIZE)),
      () => bytesOf(`-----${' '.repeat(SIZE - 6)}x`),
    ],
  },
  { name: 'DER', read: bytes => readDer(bytes, 'input'), good: signer.identity.certificates[0]! },
  {
    name: 'base64',
    read: bytes => decodeBase64(textOf(bytes), 'input'),
    good: bytesOf(certificate),
    worst: [() => bytesOf('A'.repeat(SIZE)), () => bytesOf('='.repeat(SIZE))],
  },
  { name: 'base64url', read: bytes => decodeBase64url(textOf(bytes), 'input'), good: bytesOf('QUJDRA') },
  {
    name: 'JWS',
    read: bytes => notaryJws.open(bytes).content(),
    good: jws,
    worst: [
      () => bytesOf(`${textOf(jws).slice(0, -1)},"x":${lists(SIZE - jws.length)}}`),
      () => jwsOf(`{"x":${lists(SIZE / 2)}}`),
    ],
  },
  {
    name: 'claims of a JWS',
    read: isClaims,
    good: bytesOf('{"targetArtifact":{"a":"\\""}} more'),
    worst: [
      () => bytesOf(`{${'"\\'.repeat(SIZE / 2 - 1)}`),
      () => bytesOf(`{${'"'.repeat(SIZE - 1)}`),
      () => bytesOf(`{"x":${lists(SIZE - 10)}}`),
      () => bytesOf('{"a":'.repeat(SIZE / 5)),
    ],
  },
  {
    name: 'COSE',
    read: bytes => notaryCose.open(bytes).content(),
    good: cose,
    worst: [
      () =>
        encodeCbor(
          cborTagged(18, [
            new Uint8Array(),
            new Map([['x', Array.from({ length: 99_000 }, () => new Map())]]),
            Uint8Array.of(1),
            Uint8Array.of(1),
          ]),
        ),
    ],
  },
  {
    name: 'DSSE',
    read: bytes => dsse.open(bytes).content(),
    good: dsseEnvelope,
    worst: [() => bytesOf(`${textOf(dsseEnvelope).slice(0, -1)},"x":${lists(SIZE)}}`)],
  },
  {
    name: 'Sigstore bundle',
    read: parseBundle,
    good: bytesOf(
      `{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"certificate":{"rawBytes":"${certificate}"}},"dsseEnvelope":${textOf(dsseEnvelope)}}`,
    ),
  },
  {
    name: 'simple signing',
    read: parseSimpleSigning,
    good: formatSimpleSigning({ digest: DIGEST, reference: 'registry.example/app', annotations: { a: 'b' } }),
  },
  {
    name: 'log entry of a simple signing',
    read: bytes =>
      bundleOfSimpleSigning({
        payload: bytesOf('{}'),
        annotations: {
          [SimpleSigningAnnotations.signature]: 'AAAA',
          [SimpleSigningAnnotations.logEntry]: textOf(bytes),
        },
      }),
    good: bytesOf(
      `{"SignedEntryTimestamp":"AAAA","Payload":{"body":"${Buffer.from('{"kind":"hashedrekord","apiVersion":"0.0.1"}').toString('base64')}","integratedTime":1,"logIndex":2,"logID":"00ff"}}`,
    ),
  },
  {
    name: 'trusted root of Sigstore',
    read: parseTrustedRoot,
    good: bytesOf(
      `{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[{"baseUrl":"https://log.example","publicKey":{"rawBytes":"AAAA","validFor":{"start":"2024-01-01T00:00:00Z"}},"logId":{"keyId":"AAAA"}}],"certificateAuthorities":[{"certChain":{"certificates":[{"rawBytes":"${certificate}"}]}}]}`,
    ),
  },
  {
    name: 'in-toto statement',
    read: parseStatement,
    good: statement,
    isLarge: true,
    worst: [() => bytesOf(textOf(statement).replace('{"a":1}', `{"a":${lists(22 * MIB)}}`))],
  },
  {
    name: 'nv2',
    read: openNv2,
    good: bytesOf(
      `{"signed":{"exp":2,"nbf":1,"iat":1,"mediaType":"a/b","digest":"${DIGEST}","size":1,"references":["registry.example/app:v1"]},"signature":{"typ":"x509","sig":"AAAA","alg":"ES256","kid":"${nv2KeyId(signer.identity.key.publicKey)}"}}`,
    ),
    worst: [
      () =>
        bytesOf(
          `{"signed":{"mediaType":"a/b","${'n'.repeat(20_000)}":[${'0,'.repeat(20_000)}0]},"signature":{}}`,
        ),
      () =>
        bytesOf(
          `{"signed":{"mediaType":"a/b","${'n'.repeat(8000)}":[${'0,'.repeat(99_000)}0]},"signature":{}}`,
        ),
    ],
  },
  {
    name: 'certificates',
    read: bytes => parseCertificates(bytes, 'input'),
    good: signer.identity.certificates[0]!,
  },
  {
    name: 'name constraints',
    read: bytes => checkChain([constrainedLeaf, parseCertificate(bytes), root()], { purpose: 'codeSigning' }),
    good: constrainedCa([['Test'], ['Acme', 'Other']]),
    worst: [
      () => constrainedCa(Array.from({ length: 2900 }, (_, index) => [`${index}`])),
      () => constrainedCa([Array.from({ length: 5000 }, () => 'x')]),
      () => constrainedCa([[' x'.repeat(30_000)]]),
      () => constrainedCa([[' x'.repeat(400_000)]]),
    ],
  },
  {
    name: 'timestamp token',
    read: bytes => readTimestampToken(bytes),
    good: craftToken(),
  },
  {
    name: 'timestamp token that is verified',
    read: bytes => unlessUnsigned(() => verifyTimestampToken(readTimestampToken(bytes), stamped)),
    good: craftToken({ certificates: [tsa, issuing] }),
  },
  {
    name: 'timestamp response',
    read: bytes =>
      unlessUnsigned(() =>
        readTimestampResponse(bytes, { hash: 'sha256', digest: sha256(MESSAGE), nonce: NONCE }),
      ),
    good: der.sequence(der.sequence(der.integer(0)), craftToken({ info: { nonce: der.integer(NONCE) } })),
  },
  {
    name: 'distinguished name',
    read: bytes => parseDistinguishedName(textOf(bytes)),
    good: bytesOf('C=DE,ST=Hessen,O=Acme\\, Inc,CN=release'),
  },
  {
    name: 'private key',
    read: bytes => readPrivateKey(Uint8Array.from(bytes), 'release.key'),
    good: bytesOf(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string),
  },
  {
    name: 'private key with a passphrase',
    read: bytes => readPrivateKey(Uint8Array.from(bytes), 'release.key'),
    good: bytesOf(
      privateKey.export({
        type: 'pkcs8',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase: 'x',
      }) as string,
    ),
  },
  {
    name: 'tar',
    read: async bytes => {
      const source = streamSource(
        (async function* () {
          yield bytes
        })(),
      )
      for await (const _ of tarEntries(source, 'archive'));
    },
    good: longName(`blobs/sha512/${'a'.repeat(128)}`),
    worst: [() => longName(`a${'/'.repeat(60_000)}x`), () => longName(`a${'/x'.repeat(30_000)}`)],
  },
  {
    name: 'index.json',
    read: bytes => IndexDocument.parse(bytes, 'index.json').entries(),
    good: json({
      schemaVersion: 2,
      manifests: [{ ...descriptor, annotations: { 'org.opencontainers.image.ref.name': 'v1' } }],
    }),
    worst: [
      () => bytesOf(`{"schemaVersion":2,"manifests":[],"x":${lists(SIZE - 100)}}`),
      () => bytesOf(`{"x":${lists(600_000)}}`),
    ],
  },
  {
    name: 'manifest',
    read: bytes => parseManifest(bytes),
    good: json({
      schemaVersion: 2,
      mediaType: descriptor.mediaType,
      config: descriptor,
      layers: [descriptor],
      subject: descriptor,
    }),
    worst: [
      () => bytesOf(`{"schemaVersion":2,"x":${lists(SIZE - 100)}}`),
      () => bytesOf(`{"x":${lists(600_000)}}`),
    ],
  },
  {
    name: 'manifest of evidence',
    read: bytes => readEvidence(storeOfReferrer(bytes), descriptor),
    good: json({
      schemaVersion: 2,
      mediaType: descriptor.mediaType,
      artifactType: EVIDENCE_TYPE,
      config: descriptor,
      layers: ['application/ocsp-response', 'application/pkix-crl', 'application/cms'].map(mediaType => ({
        ...describe(mediaType, LAYER),
      })),
      subject: descriptor,
    }),
    worst: [
      () =>
        json({
          schemaVersion: 2,
          mediaType: descriptor.mediaType,
          artifactType: EVIDENCE_TYPE,
          config: descriptor,
          layers: Array.from({ length: 300 }, () => describe('application/pkix-crl', LAYER)),
          subject: descriptor,
        }),
      () => bytesOf(`{"schemaVersion":2,"x":${lists(60_000)}}`),
    ],
  },
  {
    name: 'reference',
    read: bytes => parseReference(textOf(bytes)),
    good: bytesOf(`registry.example:5000/a/b:v1@${DIGEST}`),
    worst: [() => bytesOf(`a${'/a'.repeat(SIZE / 2)}!`)],
  },
  {
    name: "Sealwright's trust policy",
    read: async bytes => {
      const { policy } = await checkSealwrightPolicy(bytes)
      if (policy !== undefined) await parseSealwrightPolicy(formatSealwrightPolicy(policy))
    },
    good: bytesOf(OVERVIEW),
    worst: [
      () => bytesOf(`{"statements":${lists(SIZE)}}`),
      () => bytesOf(`{"signers":{${Array.from({ length: 99_000 }, (_, index) => `"s${index}":1`)}}}`),
      () => bytesOf(`{${Array.from({ length: 99_000 }, (_, index) => `"m${index}":1`)}}`),
    ],
  },
  {
    name: 'trust policy',
    read: bytes => checkTrustPolicy(bytes, 'oci'),
    good: json({
      version: '1.0',
      trustPolicies: [
        {
          name: 'a',
          registryScopes: ['registry.example/app'],
          signatureVerification: { level: 'strict' },
          trustStores: ['ca:acme'],
          trustedIdentities: ['x509.subject: C=DE, ST=Hessen, O=Acme'],
        },
      ],
    }),
  },
  {
    name: 'lock of keys',
    read: parseKeyLock,
    good: json({ version: 1, keys: {} }),
  },
  {
    name: 'Link header',
    read: bytes => nextLink(linkOf(bytes)),
    good: bytesOf('</v2/a/tags/list?last=b>; rel="next"'),
  },
  {
    name: 'challenge',
    read: bytes => parseChallenges(textOf(bytes)),
    good: bytesOf('Bearer realm="https://a/b",service="c",scope="repository:a:pull"'),
  },
]

/** A store with one referrer, whatever it is, whose layers are all the same. */
function storeOfReferrer(bytes: Uint8Array): ArtifactStore {
  const manifest = describe(descriptor.mediaType, bytes)
  return storeWith(memory(), {
    async *referrers() {
      yield manifest
    },
    async *fetch({ digest }) {
      yield digest === manifest.digest ? bytes : LAYER
    },
  })
}

/** What a field may hold: Node refuses other bytes before we see them. */
function linkOf(bytes: Uint8Array): Headers {
  return new Headers({ link: textOf(bytes).replace(/[^\x20-\x7e]/g, ' ') })
}

/** A JWS with another protected header. */
function jwsOf(header: string): Uint8Array {
  const members = JSON.parse(textOf(jws)) as object
  return json({ ...members, protected: Buffer.from(header).toString('base64url') })
}

/** A tar whose first entry gives the next one a long name, as GNU tar does. */
function longName(name: string): Uint8Array {
  const header = Buffer.alloc(512)
  header.write('././@LongLink')
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${name.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write('L', 156)
  header.write('ustar  \0', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const body = Buffer.alloc(Math.ceil(name.length / 512) * 512)
  body.write(name)
  const file = Buffer.from(header)
  file.write('00000000000\0', 124)
  file.write('        ', 148)
  file.write('0', 156)
  const fileSum = file.reduce((total, byte) => total + byte, 0)
  file.write(`${fileSum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, body, file, Buffer.alloc(1024)])
}
