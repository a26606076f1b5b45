import { createHash, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AlgorithmId, type Signer, seal } from '@sealwright/core'
import { type Certificate, issueCertificate } from '@sealwright/x509'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeKey, signerOf, type TestKey } from '../../x509/test/test-signer.ts'
import {
  formatSimpleSigning,
  formatStatement,
  judgeBundle,
  judgeSimpleSigning,
  parseTrustedRoot,
  type SigstoreJudgement,
  type SigstoreTrust,
  SimpleSigningAnnotations,
  STATEMENT_TYPE,
  sigstoreBundle,
} from '../src/index.ts'
import { codeOf } from './code-of.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const DIGEST = `sha256:${'ab'.repeat(32)}`
const OTHER = `sha256:${'cd'.repeat(32)}`
const SIGN = { predicateType: 'https://sigstore.dev/cosign/sign/v1', predicate: '{}' }

function told(judgement: SigstoreJudgement): string {
  return judgement.verdict === 'verified' ? 'verified' : judgement.fault
}

async function bundleBy(signer: Signer, certificates: readonly Certificate[] = [], digest = DIGEST) {
  const payload = formatStatement([{ digest }], SIGN)
  const content = { payloadType: STATEMENT_TYPE, payload }
  const ders = certificates.map(({ der }) => der)
  return (await seal(sigstoreBundle, content, signer, { attributes: {}, certificates: ders })).bytes
}

const spkiOf = (type: 'p256' | 'rsa') =>
  new Uint8Array(
    (type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
    ).publicKey.export({ type: 'spki', format: 'der' }),
  )

const keysOf = (...keys: readonly Uint8Array[]): SigstoreTrust => ({ kind: 'keys', keys })

describe('under a public key', () => {
  it.each<[TestKey, AlgorithmId]>([
    ['rsa2048', 'RS256'],
    ['rsa2048', 'PS256'],
    ['p256', 'ES256'],
    ['p384', 'ES384'],
    ['p521', 'ES512'],
    ['ed25519', 'Ed25519'],
  ])('a bundle by %s with %s is verified, and refused where anything differs', async (type, algorithm) => {
    const signer = await signerOf(makeKey(type), algorithm)
    const bytes = await bundleBy(signer)
    const { publicKey } = signer.key
    const judge = (bundle: Uint8Array, digest: string, trust: SigstoreTrust, demanded = {}) =>
      judgeBundle(bundle, { digest }, trust, { now: NOW, ...demanded })
    const others = keysOf(spkiOf('p256'), spkiOf('rsa'))
    expect(await judge(bytes, DIGEST, keysOf(spkiOf('p256'), publicKey))).toMatchObject({
      verdict: 'verified',
      signer: { algorithm },
      statement: { predicateType: SIGN.predicateType },
    })
    expect(told(await judge(bytes, OTHER, keysOf(publicKey)))).toBe('artifact')
    expect(told(await judge(bytes, DIGEST, others))).toBe('signer')
    expect(told(await judge(bytes, DIGEST, keysOf(publicKey), { timestamps: 1 }))).toBe('evidence')
    expect(told(await judge(bytes, DIGEST, keysOf(publicKey), { logEntries: 1 }))).toBe('evidence')
    const other = Buffer.from(formatStatement([{ digest: OTHER }], SIGN)).toString('base64')
    const moved = JSON.parse(Buffer.from(bytes).toString())
    moved.dsseEnvelope.payload = other
    expect(told(await judge(Buffer.from(JSON.stringify(moved)), OTHER, keysOf(publicKey)))).toBe('signer')
  })

  it.each<[string, (layer: { payload: Uint8Array; annotations: Record<string, string> }) => void, string]>([
    ['as it is', () => {}, 'verified'],
    [
      'without a signature',
      ({ annotations }) => delete annotations[SimpleSigningAnnotations.signature],
      'malformed',
    ],
    [
      'with another payload',
      layer => {
        layer.payload = formatSimpleSigning({ digest: DIGEST, reference: 'other', annotations: {} })
      },
      'signer',
    ],
    [
      'about another manifest',
      layer => {
        layer.payload = formatSimpleSigning({ digest: OTHER, reference: 'app', annotations: {} })
      },
      'artifact',
    ],
    [
      'with a member twice',
      layer => {
        layer.payload = Buffer.from(
          Buffer.from(layer.payload).toString().replace('"optional"', '"critical":{},"optional"'),
        )
      },
      'malformed',
    ],
    [
      'with a log entry that is none',
      ({ annotations }) => {
        annotations[SimpleSigningAnnotations.logEntry] = '{"Payload":{}}'
      },
      'malformed',
    ],
  ])('a simple signing %s', async (_, change, verdict) => {
    const signer = await signerOf(makeKey('p256'), 'ES256')
    const payload = formatSimpleSigning({ digest: DIGEST, reference: 'app', annotations: { a: 'b' } })
    const signature = sigstoreBundle.timestampedBytes(await signer.sign(payload))
    const annotations: Record<string, string> = {
      [SimpleSigningAnnotations.signature]: Buffer.from(signature).toString('base64'),
    }
    const layer = { payload, annotations }
    change(layer)
    const trust = keysOf(signer.key.publicKey)
    expect(told(await judgeSimpleSigning(layer, { digest: DIGEST }, trust, { now: NOW }))).toBe(verdict)
  })
})

describe('under certificates', () => {
  const year = { notBefore: new Date('2026-01-01'), notAfter: new Date('2027-01-01') }
  let signer: Signer
  let root: Certificate
  let middle: Certificate
  let leaf: Certificate
  let stranger: Certificate
  beforeAll(async () => {
    const authority = await signerOf(makeKey('p256'), 'ES256')
    const between = await signerOf(makeKey('p256'), 'ES256')
    signer = await signerOf(makeKey('p384'), 'ES384')
    const ca = (subject: string, publicKey: Uint8Array) => ({ subject, publicKey, ca: true, ...year })
    root = await issueCertificate({
      signer: authority,
      ...ca('C=DE,O=Acme,CN=root', authority.key.publicKey),
    })
    middle = await issueCertificate({
      signer: authority,
      issuer: root,
      ...ca('C=DE,O=Acme,CN=middle', between.key.publicKey),
    })
    const { publicKey } = signer.key
    leaf = await issueCertificate({
      signer: between,
      issuer: middle,
      subject: 'C=DE,O=Acme,CN=me',
      publicKey,
      ...year,
    })
    const other = await signerOf(makeKey('p256'), 'ES256')
    stranger = await issueCertificate({ signer: other, ...ca('C=DE,O=Acme,CN=root', other.key.publicKey) })
  })

  const judge = async (certificates: Certificate[], anchors: Certificate[], now = NOW) =>
    judgeBundle(
      await bundleBy(signer, certificates),
      { digest: DIGEST },
      { kind: 'certificates', anchors },
      { now },
    )

  it('a chain that ends in an anchor is verified, with and without what lies between', async () => {
    const verified = { verdict: 'verified', signer: { algorithm: 'ES384', subject: 'CN=me,O=Acme,C=DE' } }
    expect(await judge([leaf, middle], [root])).toMatchObject(verified)
    expect(await judge([leaf], [root, middle])).toMatchObject(verified)
  })

  it('a chain is refused without its middle, under another root, after its end, and as a key alone', async () => {
    expect(told(await judge([leaf], [root]))).toBe('signer')
    expect(told(await judge([leaf, middle], [stranger]))).toBe('signer')
    expect(told(await judge([leaf, middle], [root], new Date('2027-01-02')))).toBe('signer')
    expect(told(await judge([], [root]))).toBe('signer')
  })
})

describe('under an identity', () => {
  const folder = join(import.meta.dirname, 'sigstore-go')
  const file = readFileSync(join(folder, 'provenance.sigstore.json'))
  const rootFile = readFileSync(join(folder, 'trusted-root.json'))
  const bundle = JSON.parse(file.toString())
  const [{ digest }] = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString()).subject
  const artifact = { digest: `sha512:${digest.sha512}` }
  const trust = {
    kind: 'identity' as const,
    identity: 'https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main',
    issuer: 'https://token.actions.githubusercontent.com',
    trustedRoot: parseTrustedRoot(rootFile),
  }
  const copy = (): typeof bundle => structuredClone(bundle)
  const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value))
  const judge = async (bytes: Uint8Array, changed: Partial<typeof trust> & object = {}, demanded = {}) =>
    judgeBundle(bytes, artifact, { ...trust, ...changed }, { now: NOW, ...demanded })
  /** Changes one byte in the middle of standard base64. */
  const turned = (text: string) => {
    const bytes = Buffer.from(text, 'base64')
    const at = bytes.length >> 1
    bytes[at]! ^= 1
    return bytes.toString('base64')
  }

  it('a provenance of npm is verified, with patterns and extensions of its certificate', async () => {
    expect(await judge(file)).toMatchObject({
      verdict: 'verified',
      signer: { algorithm: 'ES256', identity: trust.identity, issuer: trust.issuer },
      statement: { predicateType: 'https://slsa.dev/provenance/v1' },
    })
    const identity = 'https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@*'
    const source = { '1.3.6.1.4.1.57264.1.12': 'https://github.com/sigstore/sigstore-js' }
    expect(told(await judge(file, { identity, extensions: source } as object))).toBe('verified')
    const other = { '1.3.6.1.4.1.57264.1.12': 'https://github.com/sigstore/other' }
    expect(told(await judge(file, { extensions: other } as object))).toBe('signer')
    expect(told(await judge(file, { extensions: { '1.2.3': 'x' } } as object))).toBe('signer')
  })

  it.each([
    ['issuer', { issuer: 'https://issuer.example' }],
    ['identity', { identity: 'https://github.com/sigstore/sigstore-js' }],
    [
      'identity by a pattern that does not end in a boundary',
      { identity: 'https://github.com/sigstore/sigstore*' },
    ],
  ])('another %s is refused', async (_, changed) => {
    expect(told(await judge(file, changed))).toBe('signer')
  })

  it.each<[string, (copied: typeof bundle) => void]>([
    [
      'signature',
      one => {
        one.dsseEnvelope.signatures[0].sig = turned(one.dsseEnvelope.signatures[0].sig)
      },
    ],
    [
      'payload type',
      one => {
        one.dsseEnvelope.payloadType = 'application/vnd.in-toto.x+json'
      },
    ],
    [
      'log entry',
      one => {
        one.verificationMaterial.tlogEntries[0].canonicalizedBody = turned(
          one.verificationMaterial.tlogEntries[0].canonicalizedBody,
        )
      },
    ],
    [
      'log ID',
      one => {
        one.verificationMaterial.tlogEntries[0].logId.keyId = turned(
          one.verificationMaterial.tlogEntries[0].logId.keyId,
        )
      },
    ],
    [
      'time of the log',
      one => {
        one.verificationMaterial.tlogEntries[0].integratedTime = '1600000000'
      },
    ],
    [
      'promise of the log',
      one => {
        one.verificationMaterial.tlogEntries[0].inclusionPromise.signedEntryTimestamp = turned(
          one.verificationMaterial.tlogEntries[0].inclusionPromise.signedEntryTimestamp,
        )
      },
    ],
    [
      'root of the proof',
      one => {
        one.verificationMaterial.tlogEntries[0].inclusionProof.hashes[0] = turned(
          one.verificationMaterial.tlogEntries[0].inclusionProof.hashes[0],
        )
      },
    ],
    [
      'checkpoint',
      one => {
        one.verificationMaterial.tlogEntries[0].inclusionProof.checkpoint.envelope =
          one.verificationMaterial.tlogEntries[0].inclusionProof.checkpoint.envelope.replace(/\d+\n/, '1\n')
      },
    ],
    [
      'certificate',
      one => {
        const material = one.verificationMaterial
        const chain = material.x509CertificateChain?.certificates
        if (chain) chain[0].rawBytes = turned(chain[0].rawBytes)
        else material.certificate.rawBytes = turned(material.certificate.rawBytes)
      },
    ],
    [
      'entry, twice the same',
      one => {
        one.verificationMaterial.tlogEntries.push(one.verificationMaterial.tlogEntries[0])
      },
    ],
    [
      'log, without its entry',
      one => {
        one.verificationMaterial.tlogEntries = []
      },
    ],
    [
      'promise, which is missing',
      one => {
        delete one.verificationMaterial.tlogEntries[0].inclusionPromise
      },
    ],
  ])('a bundle with another %s is refused', async (_, change) => {
    const changed = copy()
    change(changed)
    expect(told(await judge(bytesOf(changed)))).not.toBe('verified')
  })

  it('more log entries than there are, another log, and another artifact are refused', async () => {
    expect(told(await judge(file, {}, { logs: ['https://rekor.sigstore.dev'] }))).toBe('verified')
    expect(told(await judge(file, {}, { logEntries: 2 }))).toBe('evidence')
    expect(told(await judge(file, {}, { logs: ['https://log.example'] }))).not.toBe('verified')
    const other = { digest: `sha512:${createHash('sha512').digest('hex')}` }
    expect(told(await judgeBundle(file, other, trust, { now: NOW }))).toBe('artifact')
  })

  it.each(['tlogs', 'ctlogs', 'certificateAuthorities'])(
    'a trusted root without %s refuses it',
    async name => {
      const root = { ...JSON.parse(rootFile.toString()), [name]: [] }
      expect(told(await judge(file, { trustedRoot: parseTrustedRoot(bytesOf(root)) }))).not.toBe('verified')
    },
  )

  it('a bundle of two signatures is refused', async () => {
    const two = copy()
    two.dsseEnvelope.signatures.push(two.dsseEnvelope.signatures[0])
    expect(told(await judge(bytesOf(two)))).toBe('malformed')
  })

  it('a log entry counts under a key of our own only if it is of this signature', async () => {
    const signer = await signerOf(makeKey('p384'), 'ES384')
    const own = JSON.parse(Buffer.from(await bundleBy(signer)).toString())
    own.verificationMaterial.tlogEntries = bundle.verificationMaterial.tlogEntries
    own.mediaType = bundle.mediaType
    const { trustedRoot } = trust
    const keys: SigstoreTrust = { kind: 'keys', keys: [signer.key.publicKey], trustedRoot }
    const judged = (logEntries: number) =>
      judgeBundle(bytesOf(own), { digest: DIGEST }, keys, { now: NOW, logEntries })
    expect(told(await judged(0))).toBe('verified')
    expect(told(await judged(1))).toBe('evidence')
  })

  it.each<[string, (root: typeof bundle) => void]>([
    ['of another version', root => Object.assign(root, { mediaType: 'application/json' })],
    [
      'whose log has no start of validity',
      root => {
        delete root.tlogs[0].publicKey.validFor.start
      },
    ],
    [
      'whose log has no key',
      root => {
        delete root.tlogs[0].publicKey.rawBytes
      },
    ],
    ['with too many logs', root => Object.assign(root, { tlogs: Array(65).fill(root.tlogs[0]) })],
    [
      'whose authority has no certificate',
      root => {
        root.certificateAuthorities[0].certChain.certificates = []
      },
    ],
    [
      'whose authority has a time that is none',
      root => {
        root.certificateAuthorities[0].validFor.start = 'soon'
      },
    ],
  ])('a trusted root %s is refused', (_, change) => {
    const root = JSON.parse(rootFile.toString())
    change(root)
    expect(codeOf(() => parseTrustedRoot(bytesOf(root)))).toBe('VALIDATION')
  })
})
