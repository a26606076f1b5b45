import { der, encodePem } from '@sealwright/core/encoding'
import { describe, expect, it } from 'vitest'
import {
  type Crl,
  encodeCertificates,
  issueCrl,
  judgeCrl,
  MAX_CRL_BYTES,
  parseCertificate,
  type RevocationQuestion,
  readCrl,
} from '../src/index.ts'
import { basicConstraints, CA_EXTENSIONS, extension, keyOf, keyUsage, root } from './craft.ts'
import {
  AT,
  CA,
  CRL_URL,
  type CrlCraft,
  craftCrl,
  crlNumber,
  crlPoints,
  deltaFor,
  distributionPoint,
  entry,
  flag,
  freshest,
  hours,
  invalidSince,
  issuedByCa,
  pointNamed,
  reasonCode,
  SERIAL,
} from './craft-revocation.ts'
import { openssl } from './openssl.ts'
import { signerOf } from './test-signer.ts'

const ca = root({ subject: CA, key: keyOf('ca') })
const other = root({ subject: 'CN=Other,O=Test,ST=WA,C=US', key: keyOf('other') })
const certificate = issuedByCa()
const question: RevocationQuestion = { certificate, issuer: ca, at: AT }
const EVIDENCE = { source: 'crl', thisUpdate: hours(-1), nextUpdate: hours(24), signer: ca.fingerprint }

const read = (craft: CrlCraft = {}): Promise<Crl> => readCrl(craftCrl(ca, craft), { issuer: ca })
const judge = async (craft: CrlCraft, more: Partial<RevocationQuestion> = {}) =>
  judgeCrl(await read(craft), { ...question, ...more })
const withDelta = async (base: CrlCraft, delta: CrlCraft, more: Partial<RevocationQuestion> = {}) =>
  judgeCrl(
    {
      base: await read({ extensions: [crlNumber(5), freshest()], ...base }),
      delta: await read({ extensions: [crlNumber(6), deltaFor(5)], ...delta }),
    },
    { ...question, ...more },
  )

const HOLD = 6
const REMOVE = 8
const held = entry([reasonCode(HOLD)])
const removed = entry([reasonCode(REMOVE)], { at: hours(-2) })
const key = entry([reasonCode(1)], { at: hours(-50) })

describe('a certificate', () => {
  it('is good when no CRL of its issuer lists it', async () => {
    expect(await judge({})).toEqual({ status: 'good', ...EVIDENCE })
    expect(await judge({ entries: [entry([], { serial: '01' })] })).toEqual({ status: 'good', ...EVIDENCE })
    const scope = distributionPoint(pointNamed(CRL_URL), flag(1))
    expect((await judge({ extensions: [scope] })).status).toBe('good')
  })

  it('is revoked when one does', async () => {
    const listed = entry([reasonCode(1), invalidSince(hours(-200))])
    expect(await judge({ entries: [entry([], { serial: '01' }), listed] })).toEqual({
      status: 'revoked',
      ...EVIDENCE,
      revokedAt: hours(-100),
      reason: 'keyCompromise',
      invalidityDate: hours(-200),
    })
    expect(await judge({ entries: [held] })).toMatchObject({ status: 'revoked', reason: 'certificateHold' })
  })

  it('stays revoked when the CRL has expired, and nothing excuses it then; a hold does not stay', async () => {
    const expired = { nextUpdate: [der.time(hours(-0.5))] }
    const status = await judge({ ...expired, entries: [entry([reasonCode(1), invalidSince(hours(-9))])] })
    expect(status).toMatchObject({ status: 'revoked', invalidityDate: undefined })
    expect(await judge({ ...expired, entries: [held] })).toMatchObject({ status: 'unknown' })
  })

  it('says since when certificates that have expired stay on it', async () => {
    const stays = extension('2.5.29.60', false, der.generalizedTime(hours(-900)))
    expect(await judge({ extensions: [crlNumber(5), stays] })).toEqual({
      status: 'good',
      ...EVIDENCE,
      expiredSince: hours(-900),
    })
    expect(await judge({})).toEqual({ status: 'good', ...EVIDENCE })
    const garbled = extension('2.5.29.60', false, der.nul())
    await expect(read({ extensions: [crlNumber(5), garbled] })).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('is judged by the base and its delta', async () => {
    expect((await withDelta({}, {})).status).toBe('good')
    expect((await withDelta({}, { entries: [key] })).status).toBe('revoked')
    expect((await withDelta({ entries: [key] }, {})).status).toBe('revoked')
    expect((await withDelta({ entries: [held] }, { entries: [removed] })).status).toBe('good')
    expect((await withDelta({ entries: [held] }, { entries: [entry([reasonCode(REMOVE)])] })).status).toBe(
      'revoked',
    )
    expect((await withDelta({ entries: [key] }, { entries: [removed] })).status).toBe('revoked')
    const dated = entry([reasonCode(1), invalidSince(hours(-9))])
    expect(await withDelta({ entries: [dated] }, { entries: [key] })).toMatchObject({
      invalidityDate: undefined,
    })
  })
})

const critical = extension('2.999.1', true, der.nul())
const garbled = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))
const raw = (hex: string): Uint8Array => Buffer.from(hex, 'hex')

/** Each breaks one field or rule of a CRL that is signed all the same: it is not read. */
it.each<[string, CrlCraft, RegExp]>([
  ['version 1', { version: [], extensions: [] }, /its version is not 2/],
  ['version 3', { version: [der.integer(2)] }, /its version is not 2/],
  [
    'another algorithm outside',
    { outerAlgorithm: der.sequence(der.oid('1.2.840.10045.4.3.3')) },
    /differs within and outside/,
  ],
  [
    'an unknown algorithm',
    { innerAlgorithm: der.sequence(der.oid('2.999.9')) },
    /signature algorithm 2\.999\.9 is unknown/,
  ],
  [
    'SHA-1',
    { innerAlgorithm: der.sequence(der.oid('1.2.840.10045.4.1')), hash: 'sha1' },
    /ecdsa-with-SHA1 is broken/,
  ],
  ['another issuer', { issuerName: other.rawSubject }, /another CA issued it/],
  ['an issuer that is not a name', { issuerName: der.nul() }, /tag 0x30 expected/],
  ['the signature of another key', { key: keyOf('other') }, /does not hold under the key of its issuer/],
  ['a changed signature', { signature: garbled }, /does not hold under the key of its issuer/],
  [
    'a changed body',
    { tamper: tbs => raw(Buffer.from(tbs).toString('hex').replace('020105', '020106')) },
    /does not hold/,
  ],
  [
    'a signature with unused bits',
    { signature: () => der.bitString(Uint8Array.of(0x80), 7) },
    /not a whole number of bytes/,
  ],
  ['no nextUpdate', { nextUpdate: [] }, /no nextUpdate/],
  ['no nextUpdate, and entries', { nextUpdate: [], entries: [held] }, /no nextUpdate/],
  [
    'nextUpdate before thisUpdate',
    { nextUpdate: [der.time(hours(-2))] },
    /nextUpdate is before its thisUpdate/,
  ],
  [
    'a time that does not exist',
    { thisUpdate: raw('170d3236303233303132303030305a') },
    /time that does not exist/,
  ],
  ['a part too many', { tbsMore: [der.nul()] }, /parts that are unknown/],
  ['a part too many outside', { more: [der.nul()] }, /parts that are unknown/],
  ['ten parts too many', { tbsMore: new Array<Uint8Array>(10).fill(der.nul()) }, /parts that are unknown/],
  [
    'a critical extension',
    { extensions: [crlNumber(5), critical] },
    /critical extension 2\.999\.1, which is unknown/,
  ],
  [
    'a critical freshestCRL',
    { extensions: [extension('2.5.29.46', true, der.sequence())] },
    /critical extension freshestCRL/,
  ],
  ['an extension twice', { extensions: [crlNumber(5), crlNumber(5)] }, /cRLNumber is there twice/],
  ['a negative cRLNumber', { extensions: [crlNumber(-1)] }, /INTEGER negative/],
  [
    'a cRLNumber of 21 bytes',
    { extensions: [extension('2.5.29.20', false, der.integer(new Uint8Array(21).fill(1)))] },
    /more than 20 bytes/,
  ],
  [
    'a deltaCRLIndicator that is not a number',
    { extensions: [extension('2.5.29.27', true, der.nul())] },
    /tag 0x02 expected/,
  ],
  [
    'a distribution point of attribute certificates',
    { extensions: [distributionPoint(flag(5))] },
    /attribute certificates/,
  ],
  ['an indirect CRL', { extensions: [distributionPoint(flag(4))] }, /indirect CRL/],
  [
    'user and CA certificates only',
    { extensions: [distributionPoint(flag(1), flag(2))] },
    /both onlyContainsUserCerts/,
  ],
  [
    'a distribution point with an unknown part',
    { extensions: [distributionPoint(flag(6))] },
    /parts that are unknown/,
  ],
  [
    'a distribution point out of order',
    { extensions: [distributionPoint(flag(2), flag(1))] },
    /parts that are unknown/,
  ],
  [
    'a distribution point with a wrong BOOLEAN',
    { extensions: [distributionPoint(raw('810101'))] },
    /BOOLEAN malformed/,
  ],
  [
    'a distribution point with wrong reasons',
    { extensions: [distributionPoint(raw('83020901'))] },
    /BIT STRING malformed/,
  ],
  [
    'a point relative to the issuer',
    { extensions: [distributionPoint(der.explicit(0, raw('a100')))] },
    /tag 0xa0 expected/,
  ],
  ['an entry that is not a SEQUENCE', { entries: [der.nul()] }, /tag 0x30 expected, 0x05 found/],
  ['an entry without a serial number', { entries: [der.sequence(der.time(AT))] }, /tag 0x02 expected/],
  ['an entry without a time', { entries: [der.sequence(der.integer(1), der.nul())] }, /an entry has no time/],
  [
    'an entry with a short time',
    { entries: [der.sequence(der.integer(1), raw('17023236'))] },
    /an entry has no time/,
  ],
  [
    'an entry with a part too many',
    { entries: [der.sequence(der.integer(1), der.time(AT), der.sequence(), der.nul())] },
    /parts that are unknown/,
  ],
  [
    'a padded serial number',
    { entries: [der.sequence(raw('02020001'), der.time(AT))] },
    /not in the fewest bytes/,
  ],
  [
    'an empty serial number',
    { entries: [der.sequence(raw('0200'), der.time(AT))] },
    /not in the fewest bytes/,
  ],
  [
    'a serial number of 128 bytes',
    { entries: [der.sequence(der.integer(new Uint8Array(128).fill(1)), der.time(AT))] },
    /more than 127 bytes/,
  ],
  [
    'an entry of 5,000 bytes',
    { entries: [entry([extension('2.999.1', false, new Uint8Array(5000))])] },
    /more than 4096 bytes/,
  ],
  [
    'a critical extension in another entry',
    { entries: [entry([critical], { serial: '01' })] },
    /an entry has a critical extension/,
  ],
  [
    'a certificateIssuer',
    { entries: [entry([extension('2.5.29.29', true, der.sequence())])] },
    /an entry has a critical extension/,
  ],
  [
    'an entry extension without a value',
    { entries: [entry([der.sequence(der.oid('2.999.1'))])] },
    /DER ends within an element/,
  ],
  ['an entry that ends early', { entries: [raw('3005020101')] }, /DER/],
  ['an indefinite length', { entries: [raw('3080')] }, /length indefinite/],
  ['a length in too many bytes', { entries: [raw('308103020101')] }, /fewest bytes/],
  [
    'one serial number 300 times',
    { entries: new Array<Uint8Array>(300).fill(held) },
    /the same serial number too many times/,
  ],
])('refuses a CRL with %s', async (_, craft, message) => {
  await expect(read(craft)).rejects.toThrow(message)
})

it('refuses what is not a CRL, is too large, or of a CA that may not issue it', async () => {
  const good = craftCrl(ca)
  await expect(readCrl(new Uint8Array(), { issuer: ca })).rejects.toThrow(/not a DER CertificateList/)
  await expect(readCrl(good.subarray(0, -1), { issuer: ca })).rejects.toThrow(/beyond the input/)
  await expect(readCrl(Buffer.concat([good, good]), { issuer: ca })).rejects.toThrow(/bytes follow it/)
  await expect(readCrl(new Uint8Array(MAX_CRL_BYTES), { issuer: ca })).rejects.toThrow(/bytes or more/)
  const fat = craftCrl(ca, { extensions: [extension('2.999.1', false, new Uint8Array(200_000))] })
  await expect(readCrl(fat, { issuer: ca })).rejects.toThrow(/beside its entries/)
  const noCa = root({ subject: CA, key: keyOf('ca'), extensions: [basicConstraints(false)] })
  await expect(readCrl(good, { issuer: noCa })).rejects.toThrow(/not a CA/)
  const noSign = root({ subject: CA, key: keyOf('ca'), extensions: [basicConstraints(true), keyUsage(0x04)] })
  await expect(readCrl(good, { issuer: noSign })).rejects.toThrow(/lacks cRLSign/)
  await expect(readCrl(good, { issuer: ca, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ABORTED',
  })
})

it.each<[string, CrlCraft, RegExp, Partial<RevocationQuestion>?]>([
  ['that expired', { nextUpdate: [der.time(hours(-0.5))] }, /expired at 2026-06-15T11:30:00Z/],
  ['from the future', { thisUpdate: der.time(hours(1)) }, /is from the future/],
  [
    'ahead by more than the skew given',
    { thisUpdate: der.time(hours(0.05)) },
    /is from the future/,
    { skewMs: 1000 },
  ],
  ['that is a delta', { extensions: [crlNumber(6), deltaFor(5)] }, /base CRL is a delta CRL/],
  [
    'whose delta is missing',
    { extensions: [crlNumber(5), freshest()] },
    /delta CRL that the CRL names is missing/,
  ],
  ['of CA certificates', { extensions: [distributionPoint(flag(2))] }, /about CA certificates only/],
  [
    'of another distribution point',
    { extensions: [distributionPoint(pointNamed('http://crl.example/b.crl'))] },
    /does not name/,
  ],
  [
    'of some reasons',
    { extensions: [distributionPoint(raw('83020560'))] },
    /some reasons of revocation only/,
  ],
  ['with removeFromCRL', { entries: [removed] }, /only a delta CRL may have/],
  ['with reason 7', { entries: [entry([reasonCode(7)])] }, /reason code 7 does not exist/],
  ['with reason 11', { entries: [entry([reasonCode(11)])] }, /reason code 11 does not exist/],
  [
    'with a malformed invalidityDate',
    { entries: [entry([extension('2.5.29.24', false, der.time(AT))])] },
    /tag 0x18 expected/,
  ],
  ['with an entry extension twice', { entries: [entry([reasonCode(1), reasonCode(1)])] }, /is there twice/],
])('never takes a CRL %s for good', async (_, craft, message, more) => {
  expect(await judge(craft, more)).toMatchObject({ status: 'unknown', why: expect.stringMatching(message) })
})

it.each<[string, CrlCraft, CrlCraft, RegExp]>([
  ['without an indicator', {}, { extensions: [crlNumber(6)] }, /no deltaCRLIndicator/],
  ['without a number', {}, { extensions: [deltaFor(5)] }, /cRLNumber is missing/],
  ['of a base without a number', { extensions: [freshest()] }, {}, /cRLNumber is missing/],
  ['of the same number', {}, { extensions: [crlNumber(5), deltaFor(5)] }, /not later than the base/],
  ['for an earlier base', {}, { extensions: [crlNumber(6), deltaFor(4)] }, /for base CRL 4, and not for 5/],
  ['for a later base', {}, { extensions: [crlNumber(7), deltaFor(6)] }, /for base CRL 6, and not for 5/],
  [
    'of another scope',
    {},
    { extensions: [crlNumber(6), deltaFor(5), distributionPoint(flag(1))] },
    /another issuingDistributionPoint/,
  ],
  ['that expired', {}, { nextUpdate: [der.time(hours(-0.5))] }, /the delta CRL expired/],
  ['from the future', {}, { thisUpdate: der.time(hours(1)) }, /the delta CRL is from the future/],
])('refuses a delta CRL %s', async (_, base, delta, message) => {
  expect(await withDelta(base, delta)).toMatchObject({
    status: 'unknown',
    why: expect.stringMatching(message),
  })
})

it('wants the delta of a certificate that names one, and the issuer that the CRL was read for', async () => {
  const naming = issuedByCa({ extensions: [keyUsage(0x80), crlPoints('2.5.29.46', [CRL_URL])] })
  expect(await judge({}, { certificate: naming })).toMatchObject({
    why: expect.stringContaining('its CRL names none'),
  })
  const again = root({ subject: CA, key: keyOf('ca'), serial: der.integer(9) })
  expect(await judge({}, { issuer: again })).toMatchObject({ why: 'the CRL was read for another issuer' })
  const authority = issuedByCa({ extensions: CA_EXTENSIONS })
  expect(await judge({ extensions: [distributionPoint(flag(1))] }, { certificate: authority })).toMatchObject(
    { status: 'unknown' },
  )
})

it('reads a large CRL once and looks up in it', async () => {
  const entries = Array.from({ length: 50_000 }, (_, index) =>
    entry([], { serial: (0x10_0000 + index).toString(16).padStart(8, '0').replace(/^00/, '') }),
  )
  const crl = await read({ entries: [...entries, key] })
  expect(crl.size).toBe(50_001)
  expect(crl.find('100000')).toHaveLength(1)
  expect(crl.find('0fffff')).toHaveLength(0)
  expect(crl.find(SERIAL)).toMatchObject([{ reason: 'keyCompromise' }])
  expect([...crl.entries()]).toHaveLength(50_001)
})

describe('a CRL issued here', () => {
  const revoked = [
    { serialNumber: SERIAL, revokedAt: hours(-100), reason: 'keyCompromise', invalidityDate: hours(-200) },
  ] as const
  const options = { issuer: ca, number: 7n, thisUpdate: hours(-1), nextUpdate: hours(24), revoked }

  it('is what openssl accepts, and revokes by', async () => {
    const signer = await signerOf(keyOf('ca'), 'ES256')
    const crl = await issueCrl({ ...options, signer })
    const files = {
      'ca.pem': encodeCertificates([ca]),
      'crl.pem': encodePem('X509 CRL', crl.der),
      'leaf.pem': encodeCertificates([certificate]),
    }
    expect(openssl(['crl', '-in', 'crl.pem', '-CAfile', 'ca.pem', '-noout', '-text'], files)).toMatch(
      /Key Compromise[\s\S]*verify OK/,
    )
    const at = String(AT.getTime() / 1000)
    const check = [
      'verify',
      '-crl_check',
      '-attime',
      at,
      '-CAfile',
      'ca.pem',
      '-CRLfile',
      'crl.pem',
      'leaf.pem',
    ]
    expect(() => openssl(check, files)).toThrow(/certificate revoked/)
    const empty = await issueCrl({ ...options, number: 8n, revoked: [], signer })
    expect(openssl(check, { ...files, 'crl.pem': encodePem('X509 CRL', empty.der) })).toContain(
      'leaf.pem: OK',
    )
    expect(judgeCrl(crl, question)).toMatchObject({ status: 'revoked', invalidityDate: hours(-200) })
    expect([...crl.entries()]).toEqual(revoked)
    const delta = await issueCrl({ ...options, number: 9n, baseNumber: 8n, signer })
    const base = await issueCrl({ ...options, number: 8n, revoked: [], freshestCrlUrls: [CRL_URL], signer })
    expect(judgeCrl({ base, delta }, question).status).toBe('revoked')
  })

  it('is refused for what it must not have', async () => {
    const signer = await signerOf(keyOf('ca'), 'ES256')
    const refuses = (more: object, message: RegExp) =>
      expect(issueCrl({ ...options, signer, ...more })).rejects.toThrow(message)
    await refuses({ number: -1n }, /not negative/)
    await refuses({ number: 2n ** 159n }, /159 bits/)
    await refuses({ nextUpdate: hours(-1) }, /later than thisUpdate/)
    await refuses({ baseNumber: 7n }, /greater than that of its base/)
    await refuses({ baseNumber: 6n, freshestCrlUrls: [CRL_URL] }, /names no other delta/)
    await refuses({ revoked: [...revoked, ...revoked] }, /revoked twice/)
    await refuses({ revoked: [{ ...revoked[0], serialNumber: 'x' }] }, /not a serial number/)
    await refuses({ revoked: [{ ...revoked[0], reason: 'removeFromCRL' }] }, /belongs in a delta/)
    await refuses({ issuer: other }, /not the key of the CA certificate/)
    const noSign = root({
      subject: CA,
      key: keyOf('ca'),
      extensions: [basicConstraints(true), keyUsage(0x04)],
    })
    await refuses({ issuer: noSign }, /may not issue CRLs/)
    expect(parseCertificate(noSign.der).keyUsage).toEqual(['keyCertSign'])
  })
})
