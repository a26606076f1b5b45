import { hash } from 'node:crypto'
import { der } from '@sealwright/core/encoding'
import { expect, it } from 'vitest'
import { judgeOcsp, type OcspJudgement, ocspRequest, ocspUrl, statusWhenSigned } from '../src/index.ts'
import { CODE_SIGNING, extendedKeyUsage, extension, keyOf, keyUsage, root } from './craft.ts'
import {
  AT,
  CA,
  CRL_URL,
  craftOcsp,
  crlPoints,
  delegate,
  hours,
  issuedByCa,
  keyHash,
  NO_CHECK,
  OCSP_SIGNING,
  type OcspCraft,
  revoked,
  UNKNOWN,
} from './craft-revocation.ts'

const ca = root({ subject: CA, key: keyOf('ca') })
const certificate = issuedByCa()
const question: OcspJudgement = { certificate, issuer: ca, at: AT }
const other = root({ subject: 'CN=Other,O=Test,ST=WA,C=US', key: keyOf('other') })

const judge = (changes: Partial<OcspCraft> = {}, more: Partial<OcspJudgement> = {}) =>
  judgeOcsp(craftOcsp(ca, changes), { ...question, ...more })

/** The single response about another certificate. */
const forSerial = (serial: number): Uint8Array => {
  let found: Uint8Array = new Uint8Array()
  craftOcsp(ca, {
    serial: der.integer(serial),
    status: revoked(1),
    singles: single => {
      found = single
      return []
    },
  })
  return found
}

const byName = (name: Uint8Array): Uint8Array => der.explicit(1, name)
const responder = delegate()
/** Signed by a delegated responder. */
const delegated = (signer = responder, changes: Partial<OcspCraft> = {}): Partial<OcspCraft> => ({
  key: keyOf('responder'),
  responder: byName(signer.rawSubject),
  certificates: [signer.der],
  ...changes,
})

const EVIDENCE = { source: 'ocsp', thisUpdate: hours(-1), nextUpdate: hours(24), signer: ca.fingerprint }
const time = (date: Date): Uint8Array => der.generalizedTime(date)
const next = (date: Date): Uint8Array[] => [der.explicit(0, time(date))]
const nonce = (bytes: Uint8Array): Uint8Array[] => [
  extension('1.3.6.1.5.5.7.48.1.2', false, der.octetString(bytes)),
]
const SHA256 = '2.16.840.1.101.3.4.2.1'
const sha256CertId = {
  hashAlgorithm: der.sequence(der.oid(SHA256)),
  nameHash: der.octetString(hash('sha256', ca.rawSubject, 'buffer')),
  keyHash: der.octetString(keyHash(ca, 'sha256')),
}

it.each<[string, Partial<OcspCraft>, Partial<OcspJudgement>?]>([
  ['signed by the issuer, by key hash', {}],
  ['signed by the issuer, by name', { responder: byName(ca.rawSubject) }],
  ['with a CertID in SHA-256', sha256CertId],
  ['with a CertID whose algorithm has no NULL', { hashAlgorithm: der.sequence(der.oid('1.3.14.3.2.26')) }],
  ['with an explicit version 1', { version: [der.explicit(0, der.integer(0))] }],
  [
    'with the nonce of the request',
    { responseExtensions: nonce(Buffer.from('ab')) },
    { nonce: Buffer.from('ab') },
  ],
  ['with a nonce that nobody can compare', { responseExtensions: nonce(Buffer.from('ab')) }],
  ['without the nonce of the request', {}, { nonce: Buffer.from('ab') }],
  [
    'with an extension that is unknown and not critical',
    { responseExtensions: [extension('2.999.1', false, der.nul())] },
  ],
  ['on the second of its nextUpdate', {}, { at: hours(24) }],
  ['ahead by less than the skew', { thisUpdate: time(hours(0.05)), producedAt: time(hours(0.05)) }],
  ['among others', { singles: single => [forSerial(1), single, forSerial(2)] }],
])('takes a good response %s', (_, changes, more) => {
  expect(judge(changes, more)).toEqual({
    status: 'good',
    ...EVIDENCE,
    ...(changes.thisUpdate && { thisUpdate: hours(0.05) }),
  })
})

it.each([
  ['by name', byName(responder.rawSubject)],
  ['by key hash', der.explicit(2, der.octetString(keyHash(responder)))],
])('takes the word of a delegated responder %s', (_, id) => {
  const status = judge(delegated(responder, { responder: id, certificates: [other.der, responder.der] }))
  expect(status).toEqual({ status: 'good', ...EVIDENCE, signer: responder.fingerprint })
})

it('has a delegated responder without ocsp-nocheck judged by its CRLs', () => {
  const use = [keyUsage(0x80), extendedKeyUsage([OCSP_SIGNING])]
  const unchecked = delegate({ extensions: [...use, crlPoints('2.5.29.31', [CRL_URL])] })
  const status = judge(delegated(unchecked))
  expect(status).toMatchObject({ status: 'unknown', why: expect.stringContaining('was revoked itself') })
  expect(status).toMatchObject({ uncheckedResponder: { fingerprint: unchecked.fingerprint } })
  const checkedResponder = unchecked.fingerprint
  expect(judge(delegated(unchecked), { checkedResponder }).status).toBe('good')
  // A revocation stands without it, unless its invalidityDate may excuse a signature.
  expect(judge(delegated(unchecked, { status: revoked() })).status).toBe('revoked')
  const excused = { status: revoked(), singleExtensions: [extension('2.5.29.24', false, time(hours(-9)))] }
  expect(judge(delegated(unchecked, excused)).status).toBe('unknown')
  expect(judge(delegated(unchecked, excused), { checkedResponder }).status).toBe('revoked')
  // One that names no source of revocation cannot be revoked.
  expect(judge(delegated(delegate({ extensions: use }))).status).toBe('good')
})

it('tells when, why and since when a certificate was revoked', () => {
  const since = extension('2.5.29.24', false, time(hours(-200)))
  expect(judge({ status: revoked(1), singleExtensions: [since] })).toEqual({
    status: 'revoked',
    ...EVIDENCE,
    revokedAt: hours(-100),
    reason: 'keyCompromise',
    invalidityDate: hours(-200),
  })
  expect(judge({ status: revoked() })).toMatchObject({ status: 'revoked', reason: 'unspecified' })
  expect(judge({ status: revoked(6) })).toMatchObject({ status: 'revoked', reason: 'certificateHold' })
})

it('tells since when certificates that have expired are covered', () => {
  const cutoff = (bytes: Uint8Array, critical = false) => [extension('1.3.6.1.5.5.7.48.1.6', critical, bytes)]
  const covered = { status: 'good', ...EVIDENCE, expiredSince: hours(-900) }
  expect(judge({ singleExtensions: cutoff(time(hours(-900))) })).toEqual(covered)
  expect(judge({ singleExtensions: cutoff(time(hours(-900)), true) })).toEqual(covered)
  expect(judge({})).toEqual({ status: 'good', ...EVIDENCE })
  expect(judge({ singleExtensions: cutoff(der.nul()) })).toMatchObject({
    status: 'unknown',
    why: expect.stringContaining('archiveCutoff'),
  })
})

it('excuses a signature by an invalidityDate alone', () => {
  const plain = judge({ status: revoked(1) })
  const dated = judge({
    status: revoked(1),
    singleExtensions: [extension('2.5.29.24', false, time(hours(-200)))],
  })
  expect(statusWhenSigned(plain, hours(-500)).status).toBe('revoked')
  expect(statusWhenSigned(dated, undefined).status).toBe('revoked')
  expect(statusWhenSigned(dated, hours(-199)).status).toBe('revoked')
  expect(statusWhenSigned(dated, hours(-200)).status).toBe('revoked')
  expect(statusWhenSigned(dated, hours(-201))).toEqual({ status: 'good', ...EVIDENCE })
})

it('tells when the responder itself does not know the certificate', () => {
  expect(judge({ status: UNKNOWN })).toEqual({
    status: 'unknown',
    ...EVIDENCE,
    why: 'the OCSP responder does not know the certificate',
    unknownToResponder: true,
  })
})

const ED25519 = der.sequence(der.oid('1.3.101.112'))
const garbled = (bytes: Uint8Array): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[copy.length - 1]! ^= 1
  return copy
}
const withUse = (...uses: Uint8Array[]) => delegated(delegate({ extensions: [...uses, NO_CHECK] }))
const critical = [extension('2.999.1', true, der.nul())]

/** Each breaks one field or one rule, in a response that is signed by its responder all the same. */
const mutants: [string, Partial<OcspCraft>, RegExp, Partial<OcspJudgement>?][] = [
  [
    'responseStatus malformedRequest',
    { responseStatus: Uint8Array.of(10, 1, 1), responseBytes: [] },
    /reports malformedRequest$/,
  ],
  [
    'responseStatus internalError',
    { responseStatus: Uint8Array.of(10, 1, 2), responseBytes: [] },
    /reports internalError$/,
  ],
  [
    'responseStatus tryLater',
    { responseStatus: Uint8Array.of(10, 1, 3), responseBytes: [] },
    /reports tryLater$/,
  ],
  [
    'responseStatus sigRequired',
    { responseStatus: Uint8Array.of(10, 1, 5), responseBytes: [] },
    /reports sigRequired$/,
  ],
  [
    'responseStatus unauthorized',
    { responseStatus: Uint8Array.of(10, 1, 6), responseBytes: [] },
    /reports unauthorized$/,
  ],
  ['responseStatus 4, with a body', { responseStatus: Uint8Array.of(10, 1, 4) }, /reports status 4$/],
  ['responseStatus as INTEGER', { responseStatus: der.integer(0) }, /tag 0x0a expected, 0x02 found/],
  ['responseStatus of two bytes', { responseStatus: Uint8Array.of(10, 2, 0, 0) }, /ENUMERATED out of range/],
  ['no responseBytes', { responseBytes: [] }, /tag 0xa0 expected, nothing found/],
  [
    'responseBytes twice',
    { responseBytes: [der.explicit(0, der.nul()), der.nul()] },
    /parts that are unknown/,
  ],
  [
    'another responseType',
    { type: '1.3.6.1.5.5.7.48.1.4' },
    /type 1\.3\.6\.1\.5\.5\.7\.48\.1\.4, and not id-pkix-ocsp-basic/,
  ],
  ['version 2', { version: [der.explicit(0, der.integer(1))] }, /its version is not 1/],
  [
    'responderID of another CA by name',
    { responder: byName(other.rawSubject) },
    /neither the issuer nor one of the certificates/,
  ],
  [
    'responderID of another key',
    { responder: der.explicit(2, der.octetString(keyHash(other))) },
    /neither the issuer nor one of the certificates/,
  ],
  [
    'responderID of another tag',
    { responder: der.explicit(3, der.octetString(keyHash(ca))) },
    /tag 0xa2 expected, 0xa3 found/,
  ],
  [
    'responderID whose name is not a SEQUENCE',
    { responder: byName(der.nul()) },
    /tag 0x30 expected, 0x05 found/,
  ],
  ['producedAt from the future', { producedAt: time(hours(2)) }, /is from the future: 2026-06-15T14:00:00Z$/],
  ['producedAt as UTCTime', { producedAt: der.time(hours(-1)) }, /tag 0x18 expected, 0x17 found/],
  [
    'producedAt that does not exist',
    { producedAt: Buffer.from('180f32303236303233303132303030305a', 'hex') },
    /time that does not exist/,
  ],
  [
    'responses with a part too many',
    { dataMore: [der.nul()], responseExtensions: nonce(Buffer.from('a')) },
    /parts that are unknown/,
  ],
  ['no responses', { singles: () => [] }, /is about another certificate$/],
  [
    'the same certificate twice',
    { singles: single => [single, single] },
    /several statuses for the certificate$/,
  ],
  [
    'CertID of another hash algorithm',
    { hashAlgorithm: der.sequence(der.oid(SHA256)) },
    /is about another certificate$/,
  ],
  [
    'CertID of an unknown hash algorithm',
    { hashAlgorithm: der.sequence(der.oid('2.999.5')) },
    /is about another certificate$/,
  ],
  [
    'CertID whose algorithm has parameters',
    { hashAlgorithm: der.sequence(der.oid(SHA256), der.integer(1)) },
    /tag 0x05 expected, 0x02 found/,
  ],
  [
    'CertID of another issuer name',
    { nameHash: der.octetString(new Uint8Array(20)) },
    /is about another certificate$/,
  ],
  [
    'CertID of another issuer key',
    { keyHash: der.octetString(new Uint8Array(20)) },
    /is about another certificate$/,
  ],
  ['CertID of another serial number', { serial: der.integer(1) }, /is about another certificate$/],
  ['CertID of a negative serial number', { serial: der.integer(-4) }, /INTEGER negative/],
  [
    'CertID of a padded serial number',
    { serial: Buffer.from('02050000c0ffee', 'hex') },
    /INTEGER not in the fewest bytes/,
  ],
  ['certStatus of another tag', { status: Uint8Array.of(0x83, 0) }, /tag 0xa1 expected, 0x83 found/],
  ['good with contents', { status: Uint8Array.of(0x80, 1, 0) }, /a status in it is malformed/],
  ['revoked without a time', { status: der.implicit(1, der.sequence()) }, /tag 0x18 expected, nothing found/],
  ['revoked for reason 7', { status: revoked(7) }, /reason code 7 does not exist/],
  ['revoked for reason 11', { status: revoked(11) }, /reason code 11 does not exist/],
  ['revoked for removeFromCRL', { status: revoked(8) }, /removeFromCRL as the reason of a revocation/],
  [
    'revoked with a part too many',
    { status: der.implicit(1, der.sequence(time(AT), der.explicit(0, Uint8Array.of(10, 1, 1)), der.nul())) },
    /a status in it is malformed/,
  ],
  ['thisUpdate from the future', { thisUpdate: time(hours(2)) }, /is from the future: 2026-06-15T14:00:00Z$/],
  [
    'thisUpdate ahead by more than the skew given',
    { thisUpdate: time(hours(0.05)) },
    /is from the future/,
    { skewMs: 1000 },
  ],
  [
    'thisUpdate with a fraction',
    { thisUpdate: Buffer.from('181132303236303631353131303030302e355a', 'hex') },
    /time malformed/,
  ],
  ['no nextUpdate', { nextUpdate: [] }, /has no nextUpdate$/],
  ['nextUpdate gone by', { nextUpdate: next(hours(-0.5)) }, /expired at 2026-06-15T11:30:00Z$/],
  ['nextUpdate before thisUpdate', { nextUpdate: next(hours(-2)) }, /a nextUpdate before its thisUpdate$/],
  [
    'nextUpdate IMPLICIT',
    { nextUpdate: [der.implicit(0, time(hours(24)))] },
    /tag 0xa1 expected, 0x80 found/,
  ],
  [
    'a critical single extension',
    { singleExtensions: critical },
    /the critical extension 2\.999\.1, which is unknown/,
  ],
  [
    'a single extension twice',
    { singleExtensions: [extension('2.999.1', false, der.nul()), extension('2.999.1', false, der.nul())] },
    /extension 2\.999\.1 is there twice/,
  ],
  [
    'an invalidityDate that is UTCTime',
    { status: revoked(1), singleExtensions: [extension('2.5.29.24', false, der.time(AT))] },
    /invalidityDate: DER tag 0x18 expected, 0x17 found/,
  ],
  [
    'a single part too many',
    { singleExtensions: [extension('2.999.1', false, der.nul())], singleMore: [der.nul()] },
    /parts that are unknown/,
  ],
  [
    'a critical response extension',
    { responseExtensions: critical },
    /the critical extension 2\.999\.1, which is unknown/,
  ],
  [
    'another nonce',
    { responseExtensions: nonce(Buffer.from('ac')) },
    /the nonce of the OCSP response is not the nonce of the request/,
    { nonce: Buffer.from('ab') },
  ],
  [
    'a nonce that is not an OCTET STRING',
    { responseExtensions: [extension('1.3.6.1.5.5.7.48.1.2', false, der.nul())] },
    /nonce: DER tag 0x04 expected, 0x05 found/,
  ],
  [
    'an unknown signature algorithm',
    { algorithm: der.sequence(der.oid('2.999.9')) },
    /signature algorithm 2\.999\.9 is unknown/,
  ],
  [
    'SHA-1',
    { algorithm: der.sequence(der.oid('1.2.840.10045.4.1')), hash: 'sha1' },
    /ecdsa-with-SHA1 is broken/,
  ],
  ['an algorithm of another key', { algorithm: ED25519 }, /does not hold under the key of the issuer$/],
  ['a changed signature', { signature: garbled }, /does not hold under the key of the issuer$/],
  [
    'a changed body',
    {
      serial: der.integer(1),
      tamper: data => Buffer.from(Buffer.from(data).toString('hex').replace('020101', '020102'), 'hex'),
    },
    /does not hold under the key of the issuer$/,
  ],
  [
    'a signature with unused bits',
    { signature: () => der.bitString(Uint8Array.of(0x80), 7) },
    /not a whole number of bytes/,
  ],
  ['the signature of another key', { key: keyOf('other') }, /does not hold under the key of the issuer$/],
  ['a part after the certificates', { certificates: [], basicMore: [der.nul()] }, /parts that are unknown/],
  [
    'eleven certificates',
    { certificates: new Array<Uint8Array>(11).fill(responder.der) },
    /more than 10 certificates/,
  ],
  ['a certificate that is malformed', { certificates: [der.sequence(der.nul())] }, /certificate 1: /],
  [
    'a delegate that is not in it',
    delegated(responder, { certificates: [other.der] }),
    /neither the issuer nor one of the certificates/,
  ],
  [
    'a delegate of another CA',
    { ...delegated(delegate({ issuer: { subject: CA, key: keyOf('other') } })) },
    /was not issued by the issuer/,
  ],
  [
    'a delegate named for another CA',
    { ...delegated(delegate({ issuer: { subject: 'CN=Other', key: keyOf('ca') } })) },
    /was not issued by the issuer/,
  ],
  [
    'a delegate that signed its own certificate',
    { ...delegated(delegate({ issuer: { subject: CA, key: keyOf('responder') } })) },
    /was not issued by the issuer/,
  ],
  ['a delegate without extendedKeyUsage', withUse(keyUsage(0x80)), /extendedKeyUsage lacks OCSPSigning$/],
  [
    'a delegate for code signing',
    withUse(keyUsage(0x80), extendedKeyUsage([CODE_SIGNING])),
    /extendedKeyUsage lacks OCSPSigning$/,
  ],
  [
    'a delegate for anything',
    withUse(keyUsage(0x80), extendedKeyUsage(['2.5.29.37.0'])),
    /extendedKeyUsage lacks OCSPSigning$/,
  ],
  [
    'a delegate without digitalSignature',
    withUse(keyUsage(0x40), extendedKeyUsage([OCSP_SIGNING])),
    /keyUsage lacks digitalSignature$/,
  ],
  [
    'a delegate with an unknown critical extension',
    withUse(keyUsage(0x80), extendedKeyUsage([OCSP_SIGNING]), ...critical),
    /critical extension 2\.999\.1, which is not evaluated$/,
  ],
  [
    'a delegate that expired',
    delegated(delegate({ notAfter: hours(-1) })),
    /its certificate is valid from 2020-01-01T00:00:00Z to 2026-06-15T11:00:00Z$/,
  ],
  [
    'a delegate that is not valid yet',
    delegated(delegate({ notBefore: hours(1) })),
    /its certificate is valid from 2026-06-15T13:00:00Z/,
  ],
  [
    'a delegate with OCSP alone',
    delegated(
      delegate({
        extensions: [
          keyUsage(0x80),
          extendedKeyUsage([OCSP_SIGNING]),
          extension(
            '1.3.6.1.5.5.7.1.1',
            false,
            der.sequence(
              der.sequence(der.oid('1.3.6.1.5.5.7.48.1'), der.implicit(6, der.ia5String('http://o.example'))),
            ),
          ),
        ],
      }),
    ),
    /neither ocsp-nocheck nor a CRL/,
  ],
  [
    'a delegate whose signature is changed',
    delegated(responder, { signature: garbled }),
    /does not hold under its key$/,
  ],
  [
    'a delegate by which another CA signs',
    delegated(responder, { key: keyOf('other') }),
    /does not hold under its key$/,
  ],
  [
    'a CA of the same name',
    {
      key: keyOf('other'),
      responder: byName(ca.rawSubject),
      certificates: [root({ subject: CA, key: keyOf('other') }).der],
    },
    /was not issued by the issuer/,
  ],
]

it.each(mutants)('refuses %s', (_, changes, message, more) => {
  const status = judge(changes, more)
  expect(status).toMatchObject({ status: 'unknown', source: 'ocsp', why: expect.stringMatching(message) })
  expect(status).not.toHaveProperty('unknownToResponder')
})

it('refuses what is not a response', () => {
  const good = craftOcsp(ca)
  expect(judgeOcsp(new Uint8Array(20_481), question)).toMatchObject({
    why: expect.stringContaining('larger than 20480 bytes'),
  })
  for (const bytes of [
    new Uint8Array(),
    Buffer.from('<html>'),
    good.subarray(0, -1),
    Buffer.concat([good, good]),
  ])
    expect(judgeOcsp(bytes, question)).toMatchObject({
      status: 'unknown',
      why: expect.stringContaining('the OCSP response: '),
    })
})

it('refuses a question that makes no sense', () => {
  const response = craftOcsp(ca)
  const refuses = (more: Partial<OcspJudgement>, message: RegExp) =>
    expect(() => judgeOcsp(response, { ...question, ...more })).toThrow(message)
  refuses({ issuer: other }, /the issuer given is not the one that the certificate names/)
  refuses({ skewMs: -1 }, /clock skew must be 0 to 3600000/)
  refuses({ skewMs: 3_600_001 }, /clock skew must be 0 to 3600000/)
  refuses({ skewMs: Number.NaN }, /clock skew must be 0 to 3600000/)
  refuses({ at: new Date(Number.NaN) }, /not a date/)
})

it('builds requests of 1 to 128 bytes of nonce, and URLs where they are short', () => {
  const request = ocspRequest({ certificate, issuer: ca })
  expect(ocspUrl('http://ocsp.example', request)).toMatch(/^http:\/\/ocsp\.example\/M[A-Za-z0-9%]+$/)
  expect(ocspUrl('http://ocsp.example/a/?b=c', request)).toMatch(
    /^http:\/\/ocsp\.example\/a\/M[A-Za-z0-9%]+\?b=c$/,
  )
  const long = ocspRequest({ certificate, issuer: ca, nonce: new Uint8Array(128), hash: 'sha256' })
  expect(ocspUrl('http://ocsp.example', long)).toBeUndefined()
  expect(() => ocspUrl('nowhere', request)).toThrow(/is not a URL/)
  for (const length of [0, 129])
    expect(() => ocspRequest({ certificate, issuer: ca, nonce: new Uint8Array(length) })).toThrow(
      /1 to 128 bytes/,
    )
})
