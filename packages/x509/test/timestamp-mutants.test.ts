import { isSealwrightError } from '@sealwright/core'
import { der } from '@sealwright/core/encoding'
import { describe, expect, it } from 'vitest'
import { checkValidity, readTimestampToken, verifyTimestampToken } from '../src/index.ts'
import {
  basicConstraints,
  CA_EXTENSIONS,
  CODE_SIGNING,
  ECDSA_SHA256,
  extendedKeyUsage,
  extension,
  keyOf,
  keyUsage,
  LEAF_EXTENSIONS,
  leaf,
  middle,
  TIME_STAMPING,
} from './craft.ts'
import {
  attribute,
  certificateId,
  craftToken,
  generalizedTime,
  issuing,
  MESSAGE,
  SHA1,
  SHA256,
  sha256,
  signingCertificateV2,
  type TokenParts,
  TSA_EXTENSIONS,
  trusted,
  tsa,
} from './timestamp-craft.ts'

function judge(parts: Partial<TokenParts>, roots = [trusted], message: Uint8Array = MESSAGE): string {
  try {
    verifyTimestampToken(readTimestampToken(craftToken(parts)), { message, roots })
    return 'accepted'
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return `${error.message}; ${error.why ?? ''}`
  }
}

const info = (changes: TokenParts['info']): Partial<TokenParts> => ({ info: changes })
const attributes = (changes: TokenParts['attributes']): Partial<TokenParts> => ({ attributes: changes })
const signer = (changes: TokenParts['signer']): Partial<TokenParts> => ({ signer: changes })
const signedData = (changes: TokenParts['signedData']): Partial<TokenParts> => ({ signedData: changes })
const signedBy = (changes: Parameters<typeof leaf>[0]): Partial<TokenParts> => {
  const certificate = leaf({ extensions: TSA_EXTENSIONS, ...changes })
  return { certificate, certificates: [certificate, issuing] }
}
const under = (changes: Parameters<typeof middle>[0]): Partial<TokenParts> => ({
  certificates: [tsa, middle(changes)],
})
/** A TSA in other.example, whose CA may vouch for names in one domain only. */
const inDomain = (domain: string): Partial<TokenParts> => {
  const dns = (name: string) => der.implicit(2, der.ia5String(name))
  const name = extension('2.5.29.17', false, der.sequence(dns('tsa.other.example')))
  const permitted = der.implicit(0, der.sequence(der.sequence(dns(domain))))
  const constraints = extension('2.5.29.30', true, der.sequence(permitted))
  const certificate = leaf({ extensions: [...TSA_EXTENSIONS, name] })
  const ca = middle({ extensions: [...CA_EXTENSIONS, constraints] })
  return { certificate, certificates: [certificate, ca] }
}
const accuracy = (...fields: Uint8Array[]) => info({ accuracy: der.sequence(...fields) })
const imprint = (...fields: Uint8Array[]) => info({ messageImprint: der.sequence(...fields) })
const digestOf = (length: number) => der.octetString(new Uint8Array(length))
const time = (text: string) => info({ genTime: generalizedTime(text) })
const ids = (...all: Uint8Array[]) => attributes({ signingCertificate: signingCertificateV2(...all) })
const contentType = (...values: Uint8Array[]) =>
  attributes({ contentType: attribute('1.2.840.113549.1.9.3', ...values) })
const messageDigest = (...values: Uint8Array[]) =>
  attributes({ messageDigest: attribute('1.2.840.113549.1.9.4', ...values) })
const issuerSerial = (issuer: Uint8Array, serial: number) =>
  der.sequence(der.sequence(der.explicit(4, issuer)), der.integer(serial))

const mutants: Readonly<Record<string, readonly [parts: Partial<TokenParts>, message: string]>> = {
  'a byte after the token': [{ tail: Uint8Array.of(0) }, 'bytes after the DER element'],
  'SignedData version 1': [signedData({ version: der.integer(1) }), 'SignedData has version 1, not 3'],
  'no digest algorithm': [
    signedData({ digestAlgorithms: der.set() }),
    'digestAlgorithms lacks the hash of the signer',
  ],
  'too many digest algorithms': [
    signedData({ digestAlgorithms: der.set(...Array(9).fill(SHA256)) }),
    'more than 8 algorithms',
  ],
  'content of type data': [
    signedData({ encapContentInfo: der.sequence(der.oid('1.2.840.113549.1.7.1')) }),
    'it is 1.2.840.113549.1.7.1',
  ],
  'detached content': [
    signedData({ encapContentInfo: der.sequence(der.oid('1.2.840.113549.1.9.16.1.4')) }),
    'the signed content is detached',
  ],
  'no certificates': [{ certificates: [] }, 'the timestamp token lacks the certificate of its signer'],
  'too many certificates': [
    { certificates: Array(21).fill(tsa) },
    'it has 21 certificates; at most 20 are read',
  ],
  'an attribute certificate': [
    signedData({ certificates: der.explicit(0, der.explicit(1, der.nul())) }),
    'is not an X.509 certificate',
  ],
  'no signer': [signedData({ signerInfos: der.set() }), 'it has 0 signers'],
  'two signers': [signedData({ signerInfos: der.set(der.nul(), der.nul()) }), 'it has 2 signers'],
  'a part too many': [signedData({ more: der.nul() }), 'SignedData has parts after signerInfos'],
  'SignerInfo version 3': [signer({ version: der.integer(3) }), 'SignerInfo has version 3, not 1'],
  'SignerInfo version 1 by key': [
    signer({ sid: der.implicit(0, der.octetString(sha256(MESSAGE))) }),
    'SignerInfo has version 1, not 3',
  ],
  'another serial number': [
    signer({ sid: der.sequence(tsa.rawIssuer, der.integer(1)) }),
    'lacks the certificate of its signer',
  ],
  'another issuer': [
    signer({ sid: der.sequence(tsa.rawSubject, der.integer(4711)) }),
    'lacks the certificate of its signer',
  ],
  'digest algorithm SHA-1': [signer({ digestAlgorithm: SHA1 }), 'its digest algorithm is not SHA-256'],
  'no signed attributes': [signer({ signedAttrs: undefined }), 'signed attributes: DER tag 0xa0 expected'],
  'ecdsa-with-SHA1': [
    signer({ signatureAlgorithm: der.sequence(der.oid('1.2.840.10045.4.1')) }),
    'ecdsa-with-SHA1 is broken',
  ],
  'ecdsa-with-SHA384': [
    signer({ signatureAlgorithm: der.sequence(der.oid('1.2.840.10045.4.3.3')) }),
    'ecdsa-with-SHA384 signs a digest of sha256',
  ],
  'an RSA algorithm on an EC key': [
    signer({ signatureAlgorithm: der.sequence(der.oid('1.2.840.113549.1.1.1'), der.nul()) }),
    'the signature of the timestamp token does not match',
  ],
  'an unknown algorithm': [
    signer({ signatureAlgorithm: der.sequence(der.oid('2.999')) }),
    'signature algorithm 2.999 is unknown',
  ],
  'no signature': [
    signer({ signature: der.octetString(new Uint8Array()) }),
    'the signature of the timestamp token does not match',
  ],
  'another key': [{ key: keyOf('somebody else') }, 'the signature of the timestamp token does not match'],
  'a part of SignerInfo too many': [signer({ more: der.nul() }), 'SignerInfo has more parts than it may'],
  'no contentType': [attributes({ contentType: undefined }), 'the signed attribute contentType is absent'],
  'two values of contentType': [
    contentType(der.oid('2.999.1'), der.oid('2.999.2')),
    'contentType has more than one value',
  ],
  'another contentType': [
    contentType(der.oid('1.2.840.113549.1.7.1')),
    'the signed contentType is 1.2.840.113549.1.7.1',
  ],
  'contentType twice': [
    attributes({ again: attribute('1.2.840.113549.1.9.3', der.nul()) }),
    'contentType is there twice',
  ],
  'no messageDigest': [
    attributes({ messageDigest: undefined }),
    'the signed attribute messageDigest is absent',
  ],
  'another messageDigest': [
    messageDigest(digestOf(32)),
    'the timestamp token was changed after it was signed',
  ],
  'a short messageDigest': [messageDigest(digestOf(20)), 'messageDigest has 20 bytes, not 32'],
  'too many attributes': [
    attributes(
      Object.fromEntries([...Array(40).keys()].map(n => [`x${n}`, attribute(`2.999.${n}`, der.nul())])),
    ),
    'signed attributes: more than 32',
  ],
  'other algorithms protected': [
    attributes({
      protection: attribute(
        '1.2.840.113549.1.9.52',
        der.sequence(SHA256, der.implicit(1, der.sequence(der.oid('2.999')))),
      ),
    }),
    'it does not match the algorithms of the signer',
  ],
  'no signingCertificateV2': [
    attributes({ signingCertificate: undefined }),
    'the signed attribute signingCertificateV2 is absent',
  ],
  'signingCertificate only': [
    attributes({ signingCertificate: attribute('1.2.840.113549.1.9.16.2.12', der.nul()) }),
    'without signingCertificateV2',
  ],
  'signingCertificateV2 without certificates': [ids(), 'it names no certificate'],
  'too many certificate identifiers': [
    ids(...Array(21).fill(certificateId(tsa))),
    'it names more than 20 certificates',
  ],
  'the digest of another certificate': [
    ids(certificateId(issuing)),
    'is not the one that the timestamp token was signed with',
  ],
  'a digest with SHA-1': [ids(der.sequence(SHA1, digestOf(20))), 'the hash of a certificate is not SHA-256'],
  'a short digest': [ids(der.sequence(digestOf(20))), 'the digest of a certificate has 20 bytes, not 32'],
  'another serial in issuerSerial': [
    ids(certificateId(tsa, issuerSerial(tsa.rawIssuer, 1))),
    'issuerSerial of signingCertificateV2 is not that of',
  ],
  'another issuer in issuerSerial': [
    ids(certificateId(tsa, issuerSerial(tsa.rawSubject, 4711))),
    'issuerSerial of signingCertificateV2 is not that of',
  ],
  'no name in issuerSerial': [
    ids(certificateId(tsa, der.sequence(der.sequence(), der.integer(4711)))),
    'is not one directory name',
  ],
  'a limit that excludes the CA': [
    ids(certificateId(tsa), certificateId(trusted)),
    'signingCertificateV2 excludes it',
  ],
  'content that is not DER': [{ content: Uint8Array.of(0x30, 0x80, 0, 0) }, 'DER with an indefinite length'],
  'TSTInfo version 0': [info({ version: der.integer(0) }), 'version is 0, not 1'],
  'TSTInfo version 2': [info({ version: der.integer(2) }), 'version is 2, not 1'],
  'no policy': [info({ policy: undefined }), 'policy: DER tag 0x06 expected'],
  'imprint with SHA-1': [imprint(SHA1, digestOf(20)), 'its hash is not SHA-256'],
  'a short imprint': [imprint(SHA256, digestOf(31)), 'the digest has 31 bytes, not 32'],
  'the imprint of another message': [
    imprint(SHA256, digestOf(32)),
    'the timestamp token is for another message',
  ],
  'an imprint of three parts': [imprint(SHA256, digestOf(32), der.nul()), 'it has more than two parts'],
  'a negative serial number': [info({ serialNumber: der.integer(-1) }), 'INTEGER negative'],
  'an endless serial number': [
    info({ serialNumber: der.integer(new Uint8Array(65).fill(1)) }),
    'an integer has more than 64 bytes',
  ],
  'genTime with an offset': [time('20250601120000+0000'), 'it is not a time in UTC'],
  'genTime without seconds': [time('202506011200Z'), 'it is not a time in UTC'],
  'genTime with a trailing zero': [time('20250601120000.50Z'), 'it is not a time in UTC'],
  'genTime with a comma': [time('20250601120000,5Z'), 'it is not a time in UTC'],
  'genTime with ten digits': [time('20250601120000.1234567891Z'), 'it is not a time in UTC'],
  'genTime that does not exist': [time('20250230120000Z'), 'it is a time that does not exist'],
  'genTime before the certificates': [time('20190601120000Z'), 'and not at 2019-06-01T12:00:00Z'],
  'genTime after the certificates': [time('21250601120000Z'), 'and not at 2125-06-01T12:00:00Z'],
  'negative accuracy': [accuracy(der.integer(-1)), '-1 seconds are out of range'],
  'millis of 0': [accuracy(der.implicit(0, der.integer(0))), 'millis is not 1 to 999'],
  'millis of 1000': [accuracy(der.implicit(0, der.integer(1000))), 'millis is not 1 to 999'],
  'micros of 1000': [accuracy(der.implicit(1, der.integer(1000))), 'micros is not 1 to 999'],
  'micros before millis': [
    accuracy(der.implicit(1, der.integer(1)), der.implicit(0, der.integer(1))),
    'it has parts other than',
  ],
  'an endless nonce': [
    info({ nonce: der.integer(new Uint8Array(65).fill(1)) }),
    'an integer has more than 64 bytes',
  ],
  'another tsa': [
    info({ tsa: der.explicit(0, der.explicit(4, issuing.rawSubject)) }),
    'names another authority than its signer',
  ],
  'a critical extension': [
    info({ extensions: der.implicit(1, der.sequence(extension('2.999', true, der.nul()))) }),
    'the critical extension 2.999 is unknown',
  ],
  'a field too many': [info({ more: der.utf8String('x') }), 'it has fields that version 1 does not know'],
  'a certificate for code signing': [
    signedBy({ extensions: LEAF_EXTENSIONS }),
    'extendedKeyUsage is not exactly timeStamping',
  ],
  'timeStamping not critical': [
    signedBy({ extensions: [keyUsage(0x80), extendedKeyUsage([TIME_STAMPING])] }),
    'extendedKeyUsage is not marked critical',
  ],
  'timeStamping and another use': [
    signedBy({ extensions: [keyUsage(0x80), extendedKeyUsage([TIME_STAMPING, CODE_SIGNING], true)] }),
    'extendedKeyUsage is not exactly timeStamping',
  ],
  'no extendedKeyUsage': [signedBy({ extensions: [keyUsage(0x80)] }), 'extendedKeyUsage is absent'],
  'a TSA that is a CA': [
    signedBy({ extensions: [...TSA_EXTENSIONS, basicConstraints(true)] }),
    'basicConstraints has cA true',
  ],
  'an unknown critical extension': [
    signedBy({ extensions: [...TSA_EXTENSIONS, extension('2.999', true, der.nul())] }),
    'the critical extension 2.999 is not evaluated',
  ],
  'a CA that is not one': [under({ extensions: [keyUsage(0x06)] }), 'basicConstraints is absent'],
  'a CA without keyCertSign': [
    under({ extensions: [basicConstraints(true), keyUsage(0x02)] }),
    'keyUsage lacks keyCertSign',
  ],
  'a CA for code signing': [
    under({ extensions: [basicConstraints(true), keyUsage(0x06), extendedKeyUsage([CODE_SIGNING])] }),
    'extendedKeyUsage of the CA lacks timeStamping',
  ],
  'a CA that must not vouch for the TSA': [
    inDomain('acme.example'),
    'its dNSName tsa.other.example is outside of the nameConstraints of CN=Middle',
  ],
  'an expired CA': [under({ notAfter: new Date('2024-01-01T00:00:00Z') }), 'and not at 2025-06-01T12:00:00Z'],
  'a CA with another key': [under({ key: keyOf('somebody else') }), 'was not signed with the key of'],
  'no CA': [{ certificates: [tsa] }, 'the certificate of CN=Middle'],
}

describe('a token that is broken in one place', () => {
  it('is accepted when it is not', () => {
    expect(judge({})).toBe('accepted')
    expect(judge(inDomain('other.example'))).toBe('accepted')
    expect(judge(signer({ signatureAlgorithm: ECDSA_SHA256 }))).toBe('accepted')
    expect(judge(ids(certificateId(tsa, issuerSerial(tsa.rawIssuer, 4711)), certificateId(issuing)))).toBe(
      'accepted',
    )
    expect(judge(info({ tsa: der.explicit(0, der.explicit(4, tsa.rawSubject)) }))).toBe('accepted')
  })

  it.each(Object.entries(mutants).map(([name, [parts, message]]) => [name, message, parts] as const))(
    '%s: %s',
    (_name, message, parts) => {
      expect(judge(parts)).toContain(message)
    },
  )

  it('needs a trusted root, and the message', () => {
    expect(judge({}, [])).toContain('CN=Root,O=Test,ST=WA,C=US is self-signed, and not a trusted root')
    expect(judge({}, [issuing])).toContain('no chain leads from the timestamp signer to a trusted root')
    expect(judge({}, [trusted], sha256(MESSAGE))).toContain('the timestamp token is for another message')
  })
})

it('rounds the time outward', () => {
  const token = readTimestampToken(
    craftToken(
      info({
        genTime: generalizedTime('20250601120000.1234Z'),
        accuracy: der.sequence(
          der.integer(1),
          der.implicit(0, der.integer(500)),
          der.implicit(1, der.integer(9)),
        ),
      }),
    ),
  )
  expect(token).toMatchObject({
    genTime: new Date('2025-06-01T12:00:00.123Z'),
    accuracyMs: 1500.009,
    time: { earliest: new Date('2025-06-01T11:59:58.622Z'), latest: new Date('2025-06-01T12:00:01.625Z') },
  })
  const policy = info({ policy: der.oid('0.4.0.2023.1.1') })
  expect(readTimestampToken(craftToken(policy)).accuracyMs).toBe(1000)
})

it('holds every certificate of a chain to the whole range', () => {
  const short = leaf({ notAfter: new Date('2025-06-01T12:00:00Z') })
  const range = (earliest: string, latest: string) => ({
    earliest: new Date(earliest),
    latest: new Date(latest),
  })
  expect(checkValidity([short, issuing], range('2025-06-01T11:59:59Z', '2025-06-01T12:00:00Z'))).toEqual([])
  expect(
    checkValidity([short, issuing], range('2025-06-01T11:59:59Z', '2025-06-01T12:00:00.001Z')),
  ).toMatchObject([{ rule: 'validity', certificate: 0 }])
  expect(checkValidity([short, issuing], range('2019-12-31T23:59:59Z', '2020-01-01T00:00:01Z'))).toHaveLength(
    2,
  )
})
