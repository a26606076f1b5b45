import { X509Certificate } from 'node:crypto'
import { der, readDer } from '@sealwright/core/encoding'
import { describe, expect, it } from 'vitest'
import { formatDistinguishedName, isIssuedBy, parseCertificate } from '../src/index.ts'
import {
  basicConstraints,
  craftDer,
  ECDSA_SHA256,
  extension,
  keyOf,
  keyUsage,
  LEAF,
  LEAF_EXTENSIONS,
  leaf,
  MIDDLE,
  middle,
  ROOT,
  root,
} from './craft.ts'
import { openssl } from './openssl.ts'

const CONFIG = `
[req]
distinguished_name = dn
prompt = no
x509_extensions = ext
[dn]
C = DE
ST = Hessen
O = Acme
CN = made by openssl
[ext]
basicConstraints = critical, CA:true, pathlen:3
keyUsage = critical, digitalSignature, keyCertSign, decipherOnly
extendedKeyUsage = codeSigning, 1.2.3.4
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
authorityInfoAccess = OCSP;URI:http://ocsp.example/, caIssuers;URI:http://ca.example/ca.crt
crlDistributionPoints = URI:http://crl.example/a.crl, URI:http://crl.example/b.crl
subjectAltName = DNS:example.org, IP:127.0.0.1, email:a@example.org
certificatePolicies = 1.2.3.4.5
nameConstraints = permitted;DNS:example.org
`

function madeByOpenssl(): Uint8Array {
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    '/dev/null',
  ]
  const text = openssl([...request, '-config', 'c', '-days', '30', '-set_serial', '0x80ff'], { c: CONFIG })
  return new X509Certificate(text.slice(text.indexOf('-----BEGIN'))).raw
}

describe('parseCertificate', () => {
  const bytes = madeByOpenssl()
  const certificate = parseCertificate(bytes)
  const theirs = new X509Certificate(bytes)

  it('reads what openssl makes as node:crypto does', () => {
    expect(certificate.der).toEqual(new Uint8Array(bytes))
    expect(certificate.fingerprint).toBe(theirs.fingerprint256.replaceAll(':', '').toLowerCase())
    expect(certificate.serialNumber).toBe('80ff')
    expect(certificate.notBefore).toEqual(theirs.validFromDate)
    expect(certificate.notAfter).toEqual(theirs.validToDate)
    expect(certificate.publicKey).toEqual(
      new Uint8Array(theirs.publicKey.export({ type: 'spki', format: 'der' })),
    )
    expect(certificate.publicKeyObject.equals(theirs.publicKey)).toBe(true)
    expect(formatDistinguishedName(certificate.subject)).toBe('CN=made by openssl,O=Acme,ST=Hessen,C=DE')
    expect(certificate.rawIssuer).toEqual(certificate.rawSubject)
    expect(certificate).toMatchObject({
      version: 3,
      signatureAlgorithm: '1.2.840.10045.4.3.2',
      selfSigned: true,
    })
  })

  it('reads the extensions with their critical flags', () => {
    expect(certificate.basicConstraints).toEqual({ ca: true, pathLength: 3 })
    expect(certificate.keyUsage).toEqual(['digitalSignature', 'keyCertSign', 'decipherOnly'])
    expect(certificate.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.3', '1.2.3.4'])
    expect(certificate.subjectKeyIdentifier).toHaveLength(20)
    expect(certificate.authorityKeyIdentifier).toEqual(certificate.subjectKeyIdentifier)
    expect(certificate.ocspUrls).toEqual(['http://ocsp.example/'])
    expect(certificate.crlUrls).toEqual(['http://crl.example/a.crl', 'http://crl.example/b.crl'])
    expect(certificate.extensions.filter(({ critical }) => critical).map(({ oid }) => oid)).toEqual([
      '2.5.29.19',
      '2.5.29.15',
    ])
    expect(certificate.extensions).toHaveLength(10)
  })

  it('keeps its own copy of the bytes', () => {
    const input = Uint8Array.from(bytes)
    const read = parseCertificate(input)
    input.fill(0)
    expect(read.der).toEqual(new Uint8Array(bytes))
    expect(read.selfSigned).toBe(true)
  })

  it('judges who issued whom by signature and by equal names', () => {
    expect(isIssuedBy(leaf(), middle())).toBe(true)
    expect(isIssuedBy(leaf(), middle({ key: keyOf('other') }))).toBe(false)
    expect(isIssuedBy(leaf(), middle({ subject: `OU=x,${MIDDLE}` }))).toBe(false)
    expect([leaf().selfSigned, middle().selfSigned, root().selfSigned]).toEqual([false, false, true])
    expect(leaf({ subject: ROOT, issuer: { subject: ROOT, key: keyOf('root') } }).selfSigned).toBe(false)
  })

  const good = { subject: LEAF, key: keyOf('leaf'), extensions: LEAF_EXTENSIONS }
  const long = craftDer(good)
  it.each<[string, () => Uint8Array, RegExp]>([
    ['a byte after it', () => Buffer.concat([long, Buffer.of(0)]), /bytes after/],
    ['its end cut off', () => long.subarray(0, -1), /beyond the input/],
    ['nothing in it', () => new Uint8Array(), /ends within/],
    [
      'a length in more bytes than needed',
      () => Buffer.concat([Buffer.of(0x30, 0x83, 0), long.subarray(2)]),
      /fewest bytes/,
    ],
    [
      'an indefinite length',
      () => Buffer.concat([Buffer.of(0x30, 0x80), long.subarray(4), Buffer.of(0, 0)]),
      /indefinite/,
    ],
    [
      'an extension twice',
      () => craftDer({ ...good, extensions: [keyUsage(0x80), keyUsage(0x80)] }),
      /keyUsage is there twice/,
    ],
    [
      'another signature algorithm outside',
      () =>
        craftDer({
          ...good,
          innerAlgorithm: ECDSA_SHA256,
          outerAlgorithm: der.sequence(der.oid('1.2.840.10045.4.3.3')),
        }),
      /differs within and outside/,
    ],
    ['extensions in version 2', () => craftDer({ ...good, version: 1 }), /no such part/],
    ['version 4', () => craftDer({ ...good, version: 3 }), /version 4/],
    ['a negative serial number', () => craftDer({ ...good, serial: der.integer(-1) }), /negative/],
    [
      'a serial number with a leading zero',
      () => craftDer({ ...good, serial: Uint8Array.of(2, 2, 0, 1) }),
      /fewest bytes/,
    ],
    [
      'a serial number of another type',
      () => craftDer({ ...good, serial: Uint8Array.of(0x0a, 1, 1) }),
      /serial number: DER tag 0x02/,
    ],
    [
      'a critical key identifier',
      () =>
        craftDer({ ...good, extensions: [extension('2.5.29.14', true, der.octetString(Uint8Array.of(1)))] }),
      /subjectKeyIdentifier is marked critical/,
    ],
    [
      'a malformed keyUsage',
      () =>
        craftDer({ ...good, extensions: [extension('2.5.29.15', true, der.octetString(Uint8Array.of(1)))] }),
      /keyUsage/,
    ],
    [
      'something behind keyUsage',
      () =>
        craftDer({
          ...good,
          extensions: [
            extension(
              '2.5.29.15',
              true,
              Buffer.concat([der.bitString(Uint8Array.of(0x80)), Buffer.of(5, 0)]),
            ),
          ],
        }),
      /keyUsage: bytes after/,
    ],
    [
      'a negative path length',
      () => craftDer({ ...good, extensions: [basicConstraints(true, true, -1)] }),
      /negative/,
    ],
    [
      'an IP address of three bytes',
      () =>
        craftDer({
          ...good,
          extensions: [
            extension(
              '2.5.29.17',
              false,
              der.sequence(der.implicit(7, der.octetString(Uint8Array.of(1, 2, 3)))),
            ),
          ],
        }),
      /IP address of 3 bytes/,
    ],
    [
      'an OCSP address with a line break',
      () =>
        craftDer({
          ...good,
          extensions: [
            extension(
              '1.3.6.1.5.5.7.1.1',
              false,
              der.sequence(
                der.sequence(
                  der.oid('1.3.6.1.5.5.7.48.1'),
                  der.implicit(6, der.octetString(Buffer.from('http://a\n'))),
                ),
              ),
            ),
          ],
        }),
      /printable ASCII/,
    ],
    [
      'a version of another type',
      () => craftDer({ ...good, version: Uint8Array.of(0x0a, 1, 2) }),
      /tag 0x02 expected, 0x0a found/,
    ],
    [
      'a key that is not a whole number of bytes',
      () => craftDer({ ...good, key: { ...good.key, spki: oddBits() } }),
      /not a whole number of bytes/,
    ],
    [
      'a CRL named relative to its issuer',
      () =>
        craftDer({
          ...good,
          extensions: [
            extension(
              '2.5.29.31',
              false,
              der.sequence(der.sequence(der.explicit(0, der.explicit(1, der.nul())))),
            ),
          ],
        }),
      /cRLDistributionPoints: DER tag 0xa0 expected/,
    ],
    ...['htt`://a', 'http://a b', 'http://a.?/c', 'http://[::1', '//a', 'a:%zz'].map(
      (uri): [string, () => Uint8Array, RegExp] => [
        `the URI ${uri}`,
        () => craftDer({ ...good, extensions: [alternativeName(6, uri)] }),
        /a URI is malformed/,
      ],
    ),
    ...[
      der.sequence(),
      der.sequence(der.explicit(1, subtree(2, 'a')), der.explicit(0, subtree(2, 'a'))),
      der.sequence(der.explicit(2, subtree(2, 'a'))),
      der.sequence(der.explicit(0, subtree(2, 'a..b'))),
      der.sequence(der.explicit(0, subtree(7, 'abcdefgh'))),
      der.sequence(der.explicit(0, subtree(1, 'a b@c'))),
    ].map((value, index): [string, () => Uint8Array, RegExp] => [
      `malformed name constraints (${index + 1})`,
      () => craftDer({ ...good, extensions: [extension('2.5.29.30', true, value)] }),
      /nameConstraints: malformed/,
    ]),
    [
      'a policy twice',
      () =>
        craftDer({
          ...good,
          extensions: [
            extension(
              '2.5.29.32',
              false,
              der.sequence(der.sequence(der.oid('1.2.3')), der.sequence(der.oid('1.2.3'))),
            ),
          ],
        }),
      /certificatePolicies: malformed/,
    ],
    [
      'inhibitAnyPolicy of another type',
      () => craftDer({ ...good, extensions: [extension('2.5.29.54', true, Uint8Array.of(0x0a, 1, 1))] }),
      /inhibitAnyPolicy: DER tag 0x02/,
    ],
    [
      'an extension whose identifier has an arc beyond 31 bits',
      () => craftDer({ ...good, extensions: [extension('1.2.2147483648', false, der.nul())] }),
      /an arc beyond 31 bits/,
    ],
    [
      'a use whose identifier has an arc beyond 31 bits',
      () =>
        craftDer({
          ...good,
          extensions: [extension('2.5.29.37', false, der.sequence(der.oid('2.25.340282366920938463463')))],
        }),
      /an arc beyond 31 bits/,
    ],
    ['20,000 levels of nesting', () => nested(20_000), /deeper than/],
    ['two megabytes', () => new Uint8Array(2 * 1024 * 1024), /larger than/],
  ])('refuses %s', (_title, input, message) => {
    const before = process.threadCpuUsage()
    expect(() => parseCertificate(input(), 'the label')).toThrow(
      expect.objectContaining({ code: 'VALIDATION', message: expect.stringMatching(message) }),
    )
    expect(() => parseCertificate(input(), 'the label')).toThrow(/^the label/)
    expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(2000)
  })

  it('reads an explicit FALSE and key usages with trailing zeros, which are not DER and yet common', () => {
    const explicitFalse = der.sequence(
      der.oid('2.5.29.19'),
      der.boolean(false),
      der.octetString(der.sequence(der.boolean(false))),
    )
    const read = parseCertificate(craftDer({ ...good, extensions: [explicitFalse, keyUsage(0x80)] }))
    expect(read.basicConstraints).toEqual({ ca: false })
    expect(read.keyUsage).toEqual(['digitalSignature'])
  })

  it('reads alternative names, name constraints and policies that are sound', () => {
    const extensions = [
      alternativeName(6, 'spiffe://acme.example:8080/a%20b?c=d#e'),
      extension(
        '2.5.29.30',
        true,
        der.sequence(der.explicit(0, subtree(2, '.example')), der.explicit(1, subtree(1, 'a.b@example'))),
      ),
      extension(
        '2.5.29.32',
        false,
        der.sequence(der.sequence(der.oid('1.2.3')), der.sequence(der.oid('1.2.4'))),
      ),
      extension('2.5.29.36', true, der.sequence(der.implicit(0, der.integer(0)))),
      extension('2.5.29.33', true, der.sequence(der.sequence(der.oid('1.2.3'), der.oid('1.2.4')))),
      extension('2.5.29.54', true, der.integer(0)),
    ]
    expect(parseCertificate(craftDer({ ...good, extensions })).extensions).toHaveLength(6)
    const urn = parseCertificate(craftDer({ ...good, extensions: [alternativeName(6, 'urn:uuid:0123')] }))
    expect(urn.extensions).toHaveLength(1)
  })

  it('takes certificates of version 1, without extensions', () => {
    const read = parseCertificate(craftDer({ subject: LEAF, key: keyOf('leaf'), version: 1 }))
    expect(read).toMatchObject({ version: 2, extensions: [], ocspUrls: [], crlUrls: [], selfSigned: true })
    expect(read.keyUsage).toBeUndefined()
  })
})

/** The SubjectPublicKeyInfo of a key with one bit declared unused. */
function oddBits(): Uint8Array {
  const [algorithm] = readDer(keyOf('leaf').spki, 'key').children()
  return der.sequence(algorithm!.bytes, der.bitString(new Uint8Array(65), 1))
}

function generalName(tag: number, text: string): Uint8Array {
  return der.implicit(tag, der.octetString(Buffer.from(text)))
}

function alternativeName(tag: number, text: string): Uint8Array {
  return extension('2.5.29.17', false, der.sequence(generalName(tag, text)))
}

function subtree(tag: number, text: string): Uint8Array {
  return der.sequence(generalName(tag, text))
}

function nested(depth: number): Uint8Array {
  const parts: Buffer[] = []
  let size = 0
  for (let level = 0; level < depth; level++) {
    const head =
      size < 0x80
        ? Buffer.of(0x30, size)
        : Buffer.of(0x30, 0x84, size >>> 24, (size >> 16) & 255, (size >> 8) & 255, size & 255)
    const shortest = size < 0x80 || size > 0xffffff ? head : Buffer.concat([Buffer.of(0x30), lengthOf(size)])
    parts.push(shortest)
    size += shortest.length
  }
  return Buffer.concat(parts.reverse())
}

function lengthOf(size: number): Buffer {
  const hex = size.toString(16)
  const octets = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')
  return Buffer.concat([Buffer.of(0x80 | octets.length), octets])
}

it('nested input is well-formed to begin with', () => {
  expect(() => readDer(nested(60), 'x')).not.toThrow()
})
