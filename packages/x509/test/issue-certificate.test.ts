import { X509Certificate } from 'node:crypto'
import type { AlgorithmId, Signer } from '@sealwright/core'
import { encodePem } from '@sealwright/core/encoding'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Certificate,
  checkChain,
  encodeCertificates,
  formatDistinguishedName,
  type IssueOptions,
  issueCertificate,
  parseCertificateRequest,
  requestCertificate,
} from '../src/index.ts'
import { openssl } from './openssl.ts'
import { hasMlDsa, type KeyPair, makeKey, signerOf, type TestKey } from './test-signer.ts'

const NOT_BEFORE = new Date('2026-01-02T03:04:05Z')
const NOT_AFTER = new Date('2096-07-08T09:10:11Z')
const VALIDITY = { notBefore: NOT_BEFORE, notAfter: NOT_AFTER }
const CA_SUBJECT = 'CN=Test CA,O=Acme,ST=Hessen,C=DE'
const LEAF_SUBJECT = 'C=DE,ST=Hessen,O=Acme,CN=release'

const rsa = makeKey('rsa2048')
const subjectKey = makeKey('p256')

/** Algorithm, key, and how openssl names the signature; absent where openssl 3.0 knows no such key. */
const ALGORITHMS: readonly (readonly [AlgorithmId, KeyPair | TestKey, string | undefined])[] = [
  ['RS256', rsa, 'sha256WithRSAEncryption'],
  ['RS384', rsa, 'sha384WithRSAEncryption'],
  ['RS512', rsa, 'sha512WithRSAEncryption'],
  ['PS256', rsa, 'rsassaPss'],
  ['PS384', rsa, 'rsassaPss'],
  ['PS512', rsa, 'rsassaPss'],
  ['ES256', 'p256', 'ecdsa-with-SHA256'],
  ['ES384', 'p384', 'ecdsa-with-SHA384'],
  ['ES512', 'p521', 'ecdsa-with-SHA512'],
  ['ES256K', 'secp256k1', 'ecdsa-with-SHA256'],
  ['Ed25519', 'ed25519', 'ED25519'],
  ...(hasMlDsa
    ? ([
        ['ML-DSA-44', 'ml-dsa-44', undefined],
        ['ML-DSA-65', 'ml-dsa-65', undefined],
      ] as const)
    : []),
]

describe.each(ALGORITHMS)('a CA whose key signs with %s', (algorithm, keyOrType, opensslName) => {
  const key = typeof keyOrType === 'string' ? makeKey(keyOrType) : keyOrType
  let signer: Signer
  let root: Certificate
  let leaf: Certificate
  let request: Uint8Array

  beforeAll(async () => {
    signer = await signerOf(key, algorithm)
    root = await issueCertificate({ signer, subject: CA_SUBJECT, ca: true, pathLength: 0, ...VALIDITY })
    leaf = await issueCertificate({
      signer,
      issuer: root,
      subject: LEAF_SUBJECT,
      publicKey: subjectKey.spki,
      requireIdentity: true,
      ...VALIDITY,
    })
    request = await requestCertificate({ signer, subject: LEAF_SUBJECT })
  })

  it('issues a root and a leaf that node:crypto verifies', () => {
    const [ours, theirs] = [new X509Certificate(leaf.der), new X509Certificate(root.der)]
    expect(ours.verify(theirs.publicKey)).toBe(true)
    expect(theirs.verify(theirs.publicKey)).toBe(true)
    expect(ours.checkIssued(theirs)).toBe(true)
    expect([theirs.ca, ours.ca]).toEqual([true, false])
    expect(ours.validFromDate).toEqual(NOT_BEFORE)
    expect(ours.validToDate).toEqual(NOT_AFTER)
  })

  it('makes a request that is read back, and refused when a byte of it changes', () => {
    const { publicKey, subject } = parseCertificateRequest(request)
    expect(publicKey).toEqual(key.spki)
    expect(formatDistinguishedName(subject)).toBe('CN=release,O=Acme,ST=Hessen,C=DE')
    const changed = Uint8Array.from(request)
    changed[changed.indexOf(0x72, 20)]! ^= 1
    expect(() => parseCertificateRequest(changed)).toThrow()
  })

  if (opensslName !== undefined) {
    it('issues a root and a leaf that openssl verifies strictly', () => {
      const files = { 'root.pem': encodeCertificates([root]), 'leaf.pem': encodeCertificates([leaf]) }
      for (const purpose of ['any', 'crlsign']) {
        const args = ['verify', '-x509_strict', '-check_ss_sig', '-purpose', purpose, '-CAfile', 'root.pem']
        expect(openssl([...args, purpose === 'any' ? 'leaf.pem' : 'root.pem'], files)).toContain(': OK')
      }
      const text = openssl(['x509', '-in', 'leaf.pem', '-noout', '-text'], files)
      expect(text).toContain(`Signature Algorithm: ${opensslName}`)
      expect(text).toMatch(/X509v3 Key Usage: critical\n\s+Digital Signature\n/)
      expect(text).toMatch(/X509v3 Basic Constraints: critical\n\s+CA:FALSE\n/)
      expect(text).toMatch(/X509v3 Extended Key Usage: \n\s+Code Signing\n/)
      expect(text).toMatch(/Not After : Jul\s+8 09:10:11 2096 GMT/)
      const caText = openssl(['x509', '-in', 'root.pem', '-noout', '-text'], files)
      expect(caText).toMatch(/X509v3 Basic Constraints: critical\n\s+CA:TRUE, pathlen:0\n/)
      expect(caText).toMatch(/X509v3 Key Usage: critical\n\s+Certificate Sign, CRL Sign\n/)
    })

    it('makes a request that openssl verifies', () => {
      const text = openssl(['req', '-in', 'r.pem', '-verify', '-noout', '-text'], {
        'r.pem': encodePem('CERTIFICATE REQUEST', request),
      })
      expect(text).toMatch(/verify OK/)
      expect(text).toMatch(/X509v3 Key Usage: critical\n\s+Digital Signature\n/)
      expect(text).toContain('Subject: C = DE, ST = Hessen, O = Acme, CN = release')
    })
  }
})

describe('a certificate that is issued', () => {
  let signer: Signer
  let root: Certificate
  const base = { subject: LEAF_SUBJECT, ...VALIDITY }

  beforeAll(async () => {
    signer = await signerOf(subjectKey, 'ES256')
    root = await issueCertificate({ signer, subject: CA_SUBJECT, ca: true, ...VALIDITY })
  })

  it.each<[TestKey, AlgorithmId]>([
    ['p256', 'ES256'],
    ['p384', 'ES384'],
    ['p521', 'ES512'],
    ['rsa2048', 'RS256'],
    ['rsa2048', 'PS256'],
  ])(
    'meets the Notary Project profile, self-signed with a key of type %s and %s',
    async (type, algorithm) => {
      const own = await signerOf(type === 'rsa2048' ? rsa : makeKey(type), algorithm)
      const certificate = await issueCertificate({ signer: own, ...base, requireIdentity: true })
      expect(checkChain([certificate], { purpose: 'codeSigning', at: NOT_BEFORE })).toEqual([])
      const files = { 'leaf.pem': encodeCertificates([certificate]) }
      expect(openssl(['verify', '-x509_strict', '-CAfile', 'leaf.pem', 'leaf.pem'], files)).toContain('OK')
    },
  )

  it('meets the profile in a chain of three, also for timestamping', async () => {
    const middleKey = makeKey('p384')
    const middleSigner = await signerOf(middleKey, 'ES384')
    const middle = await issueCertificate({
      signer,
      issuer: root,
      subject: 'CN=Middle,O=Acme,C=DE',
      publicKey: middleKey.spki,
      ca: true,
      pathLength: 0,
      ...VALIDITY,
    })
    for (const purpose of ['codeSigning', 'timestamping'] as const) {
      const leaf = await issueCertificate({
        signer: middleSigner,
        issuer: middle,
        publicKey: rsa.spki,
        purpose,
        ...base,
      })
      expect(checkChain([leaf, middle, root], { purpose, at: NOT_AFTER })).toEqual([])
      const files = {
        'ca.pem': encodeCertificates([root]),
        'middle.pem': encodeCertificates([middle]),
        'leaf.pem': encodeCertificates([leaf]),
      }
      const strict = [
        'verify',
        '-x509_strict',
        '-purpose',
        purpose === 'timestamping' ? 'timestampsign' : 'any',
      ]
      expect(
        openssl([...strict, '-CAfile', 'ca.pem', '-untrusted', 'middle.pem', 'leaf.pem'], files),
      ).toContain('OK')
    }
  })

  it('has a serial number of 20 bytes that is never the same', async () => {
    const serials = new Set<string>()
    for (let count = 0; count < 20; count++)
      serials.add((await issueCertificate({ signer, ...base })).serialNumber)
    expect(serials.size).toBe(20)
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9a-f]{39}$/)
  })

  it('has its times as UTCTime until 2049 and as GeneralizedTime from 2050 on, to the second', async () => {
    const { der } = await issueCertificate({
      signer,
      ...base,
      notBefore: new Date('2049-12-31T23:59:59.999Z'),
      notAfter: new Date('2050-01-01T00:00:00Z'),
    })
    expect(Buffer.from(der).toString('latin1')).toContain('\x17\x0d491231235959Z\x18\x0f20500101000000Z')
  })

  it('has the same subject bytes in whichever direction the text was typed', async () => {
    const one = await issueCertificate({ signer, ...base })
    const other = await issueCertificate({ signer, ...base, subject: 'CN=release,O=Acme,ST=Hessen,C=DE' })
    expect(other.rawSubject).toEqual(one.rawSubject)
    expect(one.subject.rdns.map(rdn => rdn[0]!.type)).toEqual(['C', 'ST', 'O', 'CN'])
  })

  it('names where its issuer answers for revocation', async () => {
    const ocspUrls = ['http://ocsp.acme.example/']
    const crlUrls = ['http://acme.example/1.crl', 'http://acme.example/2.crl']
    const certificate = await issueCertificate({
      signer,
      issuer: root,
      publicKey: rsa.spki,
      ocspUrls,
      crlUrls,
      ...base,
    })
    expect(certificate).toMatchObject({ ocspUrls, crlUrls })
    const text = openssl(['x509', '-noout', '-text', '-in', 'c'], { c: encodeCertificates([certificate]) })
    for (const url of [...ocspUrls, ...crlUrls]) expect(text).toContain(`URI:${url}`)
    expect(root).toMatchObject({ ocspUrls: [], crlUrls: [], freshestCrlUrls: [], ocspNoCheck: false })
  })

  it('names the key of its issuer as openssl and the issuer itself name it', async () => {
    const certificate = await issueCertificate({ signer, issuer: root, publicKey: rsa.spki, ...base })
    expect(certificate.authorityKeyIdentifier).toEqual(root.subjectKeyIdentifier)
    expect(certificate.subjectKeyIdentifier).toHaveLength(20)
    expect(root.authorityKeyIdentifier).toBeUndefined()
  })

  it.each<[string, Partial<IssueOptions>, RegExp, string]>([
    ['without C', { subject: 'ST=Hessen,O=Acme', requireIdentity: true }, /it has no C;/, 'VALIDATION'],
    [
      'without ST and O',
      { subject: 'C=DE,CN=x', requireIdentity: true },
      /it has no ST, no O;/,
      'VALIDATION',
    ],
    ['with two OUs', { subject: 'C=DE,ST=H,O=A,OU=a,OU=b', requireIdentity: true }, /OU twice/, 'VALIDATION'],
    [
      'with a + in it',
      { subject: 'C=DE,ST=H,O=A+CN=a', requireIdentity: true },
      /several attributes/,
      'VALIDATION',
    ],
    [
      'with an e-mail address',
      { subject: 'C=DE,ST=H,O=A,emailAddress=a@b', requireIdentity: true },
      /cannot read/,
      'VALIDATION',
    ],
    ['with a country in words', { subject: 'C=Germany,ST=H,O=A' }, /two capital letters/, 'VALIDATION'],
    ['with an unknown attribute', { subject: 'C=DE,cn=a' }, /write CN/, 'VALIDATION'],
    ['with an empty value', { subject: 'C=DE,O=' }, /O of the distinguished name is empty/, 'VALIDATION'],
    ['that ends before it starts', { notBefore: NOT_AFTER, notAfter: NOT_BEFORE }, /notAfter/, 'VALIDATION'],
    ['with a time that is none', { notAfter: new Date(Number.NaN) }, /notAfter/, 'VALIDATION'],
    ['with a path length for a leaf', { pathLength: 0 }, /path length/, 'VALIDATION'],
    [
      'with a negative serial number',
      { serialNumber: new Uint8Array(20).fill(0xff) },
      /serial number/,
      'VALIDATION',
    ],
    ['with serial number zero', { serialNumber: Uint8Array.of(0) }, /serial number/, 'VALIDATION'],
    ['for bytes that are not a key', { publicKey: Uint8Array.of(0x30, 0) }, /./, 'KEY_MISMATCH'],
    ['self-signed over the key of another', { publicKey: rsa.spki }, /self-signed/, 'KEY_MISMATCH'],
  ])('is refused %s', async (_title, changes, message, code) => {
    const failure = await issueCertificate({ signer, ...base, ...changes }).then(
      () => expect.fail('it was issued'),
      error => error,
    )
    expect(failure.code).toBe(code)
    expect(`${failure.message} ${failure.why} ${failure.fix}`).toMatch(message)
  })

  it('is refused when the issuer is not a CA, has another key, or allows no further CA', async () => {
    const leaf = await issueCertificate({ signer, ...base })
    const tight = await issueCertificate({
      signer,
      subject: CA_SUBJECT,
      ca: true,
      pathLength: 0,
      ...VALIDITY,
    })
    const other = await signerOf(rsa, 'RS256')
    const more = { ...base, publicKey: rsa.spki }
    const refused = (options: IssueOptions) =>
      issueCertificate(options).then(
        () => 'issued',
        error => error.code,
      )
    expect(await refused({ signer, issuer: leaf, ...more })).toBe('VALIDATION')
    expect(await refused({ signer: other, issuer: root, ...more })).toBe('KEY_MISMATCH')
    expect(await refused({ signer, issuer: tight, ca: true, ...more })).toBe('VALIDATION')
    expect(await refused({ signer, issuer: tight, ...more })).toBe('issued')
    expect(await refused({ signer, issuer: root, ...base })).toBe('VALIDATION')
  })
})
