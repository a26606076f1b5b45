import { sign } from 'node:crypto'
import { der, encodePem } from '@sealwright/core/encoding'
import { describe, expect, it } from 'vitest'
import {
  formatDistinguishedName,
  issueCertificate,
  parseCertificateRequest,
  requestCertificate,
} from '../src/index.ts'
import { ECDSA_SHA256, keyOf } from './craft.ts'
import { openssl } from './openssl.ts'
import { signerOf } from './test-signer.ts'

const key = keyOf('requester')
const SUBJECT = 'CN=release,O=Acme,ST=Hessen,C=DE'

/** A request put together by hand. */
function craft({
  version = der.integer(0),
  algorithm = ECDSA_SHA256,
  spki = key.spki,
  extra = [],
  attributes = [],
}: {
  version?: Uint8Array
  algorithm?: Uint8Array
  spki?: Uint8Array
  extra?: Uint8Array[]
  attributes?: Uint8Array[]
} = {}): Uint8Array {
  const info = der.sequence(version, der.sequence(), spki, der.implicit(0, der.set(...attributes)), ...extra)
  return der.sequence(info, algorithm, der.bitString(sign('sha256', info, key.privateKey)))
}

describe('parseCertificateRequest', () => {
  it('reads what openssl makes, with the extensions it wishes for', () => {
    const pem = openssl(
      [
        'req',
        '-new',
        '-key',
        'k',
        '-subj',
        '/C=DE/ST=Hessen/O=Acme/CN=release',
        '-addext',
        'keyUsage=critical,digitalSignature',
      ],
      { k: key.privateKey.export({ type: 'pkcs8', format: 'pem' }) },
    )
    const body = pem.slice(pem.indexOf('-----BEGIN')).replace(/-----[^-]+-----|\s/g, '')
    const request = parseCertificateRequest(Buffer.from(body, 'base64'))
    expect(formatDistinguishedName(request.subject)).toBe(SUBJECT)
    expect(request.publicKey).toEqual(key.spki)
    expect(request.extensions).toEqual([
      { oid: '2.5.29.15', critical: true, value: Uint8Array.of(3, 2, 7, 0x80) },
    ])
  })

  it('is made into a certificate by us, and by openssl', async () => {
    const signer = await signerOf(key, 'ES256')
    const request = await requestCertificate({ signer, subject: SUBJECT, requireIdentity: true })
    const { rawSubject, publicKey } = parseCertificateRequest(request)
    const caSigner = await signerOf(keyOf('ca'), 'ES256')
    const validity = {
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2027-01-01T00:00:00Z'),
    }
    const ca = await issueCertificate({ signer: caSigner, subject: 'CN=CA', ca: true, ...validity })
    const certificate = await issueCertificate({
      signer: caSigner,
      issuer: ca,
      subject: rawSubject,
      publicKey,
      ...validity,
    })
    expect(certificate.rawSubject).toEqual(rawSubject)
    expect(certificate.publicKey).toEqual(key.spki)
    const theirs = openssl(
      ['x509', '-req', '-in', 'r', '-CA', 'ca', '-CAkey', 'k', '-copy_extensions', 'copyall', '-text'],
      {
        r: encodePem('CERTIFICATE REQUEST', request),
        ca: encodePem('CERTIFICATE', ca.der),
        k: keyOf('ca').privateKey.export({ type: 'pkcs8', format: 'pem' }),
      },
    )
    expect(theirs).toMatch(/X509v3 Key Usage: critical\n\s+Digital Signature\n/)
    expect(theirs).toMatch(/X509v3 Extended Key Usage: \n\s+Code Signing\n/)
  })

  it('reads a request without attributes and subject', () => {
    expect(parseCertificateRequest(craft())).toMatchObject({ subject: { rdns: [] }, extensions: [] })
  })

  const sha1 = der.sequence(der.oid('1.2.840.10045.4.1'))
  it.each<[string, () => Uint8Array, RegExp]>([
    [
      'another key than the one that signed',
      () => craft({ spki: keyOf('other').spki }),
      /does not hold under its own key/,
    ],
    ['SHA-1', () => craft({ algorithm: sha1 }), /ecdsa-with-SHA1 is broken/],
    ['version 1', () => craft({ version: der.integer(1) }), /version/],
    ['a fifth part', () => craft({ extra: [der.nul()] }), /too many parts/],
    ['an extension wished for twice', () => craft({ attributes: [twice()] }), /keyUsage is there twice/],
    ['a byte after it', () => Buffer.concat([craft(), Buffer.of(0)]), /bytes after/],
    ['its end cut off', () => craft().subarray(0, -1), /beyond the input/],
    ['20,000 levels of nesting', () => Buffer.alloc(40_000, '3080', 'hex'), /./],
    ['two megabytes', () => new Uint8Array(2 * 1024 * 1024), /larger than/],
  ])('refuses %s', (_title, input, message) => {
    expect(() => parseCertificateRequest(input())).toThrow(
      expect.objectContaining({ code: 'VALIDATION', message: expect.stringMatching(message) }),
    )
  })

  function twice(): Uint8Array {
    const usage = der.sequence(der.oid('2.5.29.15'), der.octetString(der.bitString(Uint8Array.of(0x80), 7)))
    return der.sequence(der.oid('1.2.840.113549.1.9.14'), der.set(der.sequence(usage, usage)))
  }
})

describe('requestCertificate', () => {
  it('refuses a subject that Notation cannot match, if it is told to', async () => {
    const signer = await signerOf(key, 'ES256')
    await expect(
      requestCertificate({ signer, subject: 'CN=x', requireIdentity: true }),
    ).rejects.toMatchObject({
      code: 'VALIDATION',
      why: expect.stringContaining('it has no C, no ST, no O'),
    })
  })
})
