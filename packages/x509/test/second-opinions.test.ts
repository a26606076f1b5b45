import { verify as verifySignature, X509Certificate } from 'node:crypto'
import { isSealwrightError } from '@sealwright/core'
import { der } from '@sealwright/core/encoding'
import fc from 'fast-check'
import {
  BasicOCSPResponse,
  CertificateRevocationList,
  ContentInfo,
  OCSPResponse,
  Certificate as PkiCertificate,
  SignedData,
} from 'pkijs'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import {
  type Certificate,
  encodeCertificates,
  judgeCrl,
  judgeOcsp,
  readCrl,
  readTimestampToken,
  type TimestampToken,
  verifyTimestampToken,
} from '../src/index.ts'
import { changed } from './changed-bytes.ts'
import { CODE_SIGNING, extendedKeyUsage, keyOf, keyUsage, leaf, middle, root } from './craft.ts'
import {
  AT,
  CA,
  type CrlCraft,
  craftCrl,
  craftOcsp,
  delegate,
  entry,
  hours,
  issuedByCa,
  keyHash,
  NO_CHECK,
  type OcspCraft,
  revoked,
  UNKNOWN,
} from './craft-revocation.ts'
import { openssl } from './openssl.ts'
import {
  attribute,
  craftToken,
  generalizedTime,
  issuing,
  MESSAGE,
  SHA256,
  sha256,
  type TokenParts,
  TSA_EXTENSIONS,
  trusted,
  tsa,
} from './timestamp-craft.ts'

// What pkijs, openssl and node:crypto say of the same bytes: of signatures, chains and times they have to say what we say.

const ca = root({ subject: CA, key: keyOf('ca') })
const certificate = issuedByCa()
const other = root({ subject: 'CN=Other,O=Test,ST=WA,C=US', key: keyOf('other') })
const question = { certificate, issuer: ca, at: AT }

const inPkijs = ({ der: bytes }: Certificate): PkiCertificate => PkiCertificate.fromBER(bytes)
const pem = (...certificates: readonly Certificate[]): string => encodeCertificates(certificates)

const flipped = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))
const replaced =
  (from: string, to: string) =>
  (bytes: Uint8Array): Uint8Array =>
    Buffer.from(Buffer.from(bytes).toString('hex').replace(from, to), 'hex')

/** Whether a signature holds under the key of a certificate: node:crypto alone. */
function holds(bytes: Uint8Array, signature: Uint8Array, signer: Certificate): boolean {
  return verifySignature('sha256', bytes, new X509Certificate(signer.der).publicKey, signature)
}

/** The verdict of a call, where an error is a refusal. */
async function accepts(judge: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await judge()
  } catch {
    return false
  }
}

function ours(judge: () => unknown): boolean {
  try {
    judge()
    return true
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return false
  }
}

describe('an OCSP response', () => {
  const responder = delegate()
  const withCa = { certificates: [ca.der] }
  const by = (signer: Certificate, changes: Partial<OcspCraft> = {}): Partial<OcspCraft> => ({
    key: keyOf('responder'),
    responder: der.explicit(1, signer.rawSubject),
    certificates: [signer.der],
    ...changes,
  })
  const using = (...uses: Uint8Array[]) => by(delegate({ extensions: [...uses, NO_CHECK] }))

  function parsed(bytes: Uint8Array): BasicOCSPResponse {
    const { responseBytes } = OCSPResponse.fromBER(bytes)
    return BasicOCSPResponse.fromBER(responseBytes!.response.valueBlock.valueHexView)
  }
  /** Its times are compared here: pkijs leaves that to its caller. */
  async function pkijsSays(bytes: Uint8Array): Promise<boolean> {
    const response = parsed(bytes)
    const issuer = inPkijs(ca)
    if (!(await response.verify({ trustedCerts: [issuer], issuerCerts: [issuer] }))) return false
    const { isForCertificate, status } = await response.getCertificateStatus(inPkijs(certificate), issuer)
    return (
      isForCertificate &&
      status === 0 &&
      response.tbsResponseData.responses.every(
        ({ thisUpdate, nextUpdate }) => thisUpdate <= AT && nextUpdate !== undefined && nextUpdate >= AT,
      )
    )
  }
  const weSay = (bytes: Uint8Array): boolean => judgeOcsp(bytes, question).status === 'good'
  /** Without the times, which openssl holds against the clock. */
  function opensslSays(bytes: Uint8Array): boolean {
    const files = { 'ca.pem': pem(ca), 'leaf.pem': pem(certificate), 'response.der': bytes }
    const args = ['-respin', 'response.der', '-issuer', 'ca.pem', '-cert', 'leaf.pem', '-CAfile', 'ca.pem']
    const said = openssl(['ocsp', ...args, '-no_nonce'], files)
    return /^Response verify OK$/m.test(said) && /^(?:leaf\.pem: )?good$/m.test(said)
  }

  it.each<[string, Partial<OcspCraft>, boolean, ('in time' | 'any time')?]>([
    ['of the CA by key hash', withCa, true],
    ['of the CA by name', { ...withCa, responder: der.explicit(1, ca.rawSubject) }, true],
    ['of a delegate', by(responder), true],
    [
      'of a delegate by key hash',
      by(responder, { responder: der.explicit(2, der.octetString(keyHash(responder))) }),
      true,
    ],
    ['with a changed signature', { ...withCa, signature: flipped }, false],
    [
      'with a changed body',
      { ...withCa, serial: der.integer(1), tamper: replaced('020101', '020102') },
      false,
    ],
    ['signed with another key', { ...withCa, key: keyOf('other') }, false],
    ['of a delegate, signed by another key', by(responder, { key: keyOf('other') }), false],
    ['of a delegate of another CA', by(delegate({ issuer: { subject: CA, key: keyOf('other') } })), false],
    ['of a delegate without an extended key usage', using(keyUsage(0x80)), false],
    ['of a delegate for code signing', using(keyUsage(0x80), extendedKeyUsage([CODE_SIGNING])), false],
    [
      'of another CA',
      { key: keyOf('other'), responder: der.explicit(1, other.rawSubject), certificates: [other.der] },
      false,
    ],
    ['about another certificate', { ...withCa, serial: der.integer(1) }, false],
    ['about the certificate of another CA', { ...withCa, keyHash: der.octetString(keyHash(other)) }, false],
    ['that says revoked', { ...withCa, status: revoked(1) }, false],
    ['that says unknown', { ...withCa, status: UNKNOWN }, false],
    [
      'that expired',
      { ...withCa, nextUpdate: [der.explicit(0, der.generalizedTime(hours(-0.5)))] },
      false,
      'in time',
    ],
    ['from the future', { ...withCa, thisUpdate: der.generalizedTime(hours(2)) }, false, 'in time'],
  ])('%s', async (_, craft, expected, time = 'any time') => {
    const bytes = craftOcsp(ca, craft)
    const said = { us: weSay(bytes), pkijs: await accepts(() => pkijsSays(bytes)) }
    expect(said).toEqual({ us: expected, pkijs: expected })
    if (time === 'any time') expect(await accepts(() => opensslSays(bytes))).toBe(expected)
  })

  it('that is changed in any byte does not hold for node:crypto where it does not for us', async () => {
    await fc.assert(
      fc.asyncProperty(changed(craftOcsp(ca, by(responder))), async bytes => {
        const status = judgeOcsp(bytes, question)
        if (status.status !== 'unknown' || !status.why.includes('does not hold')) return
        const node = () => {
          const { tbsResponseData, signature } = parsed(bytes)
          return holds(new Uint8Array(tbsResponseData.tbsView), signature.valueBlock.valueHexView, responder)
        }
        expect(await accepts(node)).toBe(false)
      }),
      { numRuns },
    )
  })
})

describe('a CRL', () => {
  const parts = (bytes: Uint8Array) => {
    const crl = CertificateRevocationList.fromBER(bytes)
    return { crl, signature: crl.signatureValue.valueBlock.valueHexView }
  }
  async function pkijsSays(bytes: Uint8Array): Promise<boolean> {
    const { crl } = parts(bytes)
    return (
      (await crl.verify({ issuerCertificate: inPkijs(ca) })) &&
      !crl.isCertificateRevoked(inPkijs(certificate)) &&
      crl.thisUpdate.value <= AT &&
      crl.nextUpdate !== undefined &&
      crl.nextUpdate.value >= AT
    )
  }
  async function weSay(bytes: Uint8Array): Promise<boolean> {
    const crl = await readCrl(bytes, { issuer: ca }).catch(() => undefined)
    return crl !== undefined && judgeCrl(crl, question).status === 'good'
  }

  it.each<[string, CrlCraft, boolean, boolean]>([
    ['that lists nobody', {}, true, true],
    ['that lists others', { entries: [entry([], { serial: '01' })] }, true, true],
    ['that lists the certificate', { entries: [entry()] }, true, false],
    ['with a changed signature', { signature: flipped }, false, false],
    ['with a changed body', { tamper: replaced('020105', '020106') }, false, false],
    ['signed with another key', { key: keyOf('other') }, false, false],
    ['of another CA', { key: keyOf('other'), issuerName: other.rawSubject }, false, false],
    ['that expired', { nextUpdate: [der.time(hours(-0.5))] }, true, false],
    ['from the future', { thisUpdate: der.time(hours(2)) }, true, false],
  ])('%s', async (_, craft, isSigned, isGood) => {
    const bytes = craftCrl(ca, craft)
    expect({ us: await weSay(bytes), pkijs: await accepts(() => pkijsSays(bytes)) }).toEqual({
      us: isGood,
      pkijs: isGood,
    })
    const { crl, signature } = parts(bytes)
    expect(holds(new Uint8Array(crl.tbsView), signature, ca)).toBe(isSigned)
    const files = { 'crl.der': bytes, 'ca.pem': pem(ca) }
    const openssled = () =>
      openssl(['crl', '-inform', 'DER', '-in', 'crl.der', '-CAfile', 'ca.pem', '-noout'], files)
    expect(await accepts(() => openssled().includes('verify OK'))).toBe(isSigned)
  })

  it('that is changed in any byte does not hold for node:crypto where it does not for us', async () => {
    const good = craftCrl(ca, { entries: [entry([], { serial: '01' })] })
    await fc.assert(
      fc.asyncProperty(changed(good), async bytes => {
        const error: unknown = await readCrl(bytes, { issuer: ca }).catch((thrown: unknown) => thrown)
        if (!isSealwrightError(error) || error.code !== 'INTEGRITY') return
        const node = () => {
          const { crl, signature } = parts(bytes)
          return holds(new Uint8Array(crl.tbsView), signature, ca)
        }
        expect(await accepts(node)).toBe(false)
      }),
      { numRuns },
    )
  })
})

describe('a timestamp token', () => {
  const weSay = (bytes: Uint8Array): boolean =>
    ours(() => verifyTimestampToken(readTimestampToken(bytes), { message: MESSAGE, roots: [trusted] }))

  async function pkijsSays(bytes: Uint8Array): Promise<boolean> {
    const content = ContentInfo.fromBER(bytes)
    const signed = new SignedData({ schema: content.content })
    const { genTime } = readTimestampToken(bytes)
    return signed.verify({
      signer: 0,
      data: Uint8Array.from(MESSAGE).buffer,
      trustedCerts: [inPkijs(trusted)],
      checkChain: true,
      checkDate: genTime,
    })
  }

  function opensslSays(bytes: Uint8Array): boolean {
    const files = { message: MESSAGE, token: bytes, 'root.pem': pem(trusted) }
    const args = ['-verify', '-data', 'message', '-in', 'token', '-token_in', '-CAfile', 'root.pem']
    return openssl(['ts', ...args], files).includes('Verification: OK')
  }

  const digest = (bytes: Uint8Array) => ({
    messageDigest: attribute('1.2.840.113549.1.9.4', der.octetString(bytes)),
  })

  it.each<[string, Partial<TokenParts>, boolean]>([
    ['with its chain', {}, true],
    ['without its root', { certificates: [tsa, issuing] }, true],
    ['with an accuracy', { info: { accuracy: der.sequence(der.integer(1)) } }, true],
    ['signed with another key', { key: keyOf('somebody else') }, false],
    ['with another messageDigest', { attributes: digest(sha256(Buffer.from('x'))) }, false],
    [
      'of another message',
      { info: { messageImprint: der.sequence(SHA256, der.octetString(new Uint8Array(32))) } },
      false,
    ],
    ['without its CA', { certificates: [tsa, trusted] }, false],
    [
      'with a CA of another key',
      { certificates: [tsa, middle({ key: keyOf('somebody else') }), trusted] },
      false,
    ],
    [
      'with a CA of another root',
      {
        certificates: [
          tsa,
          middle({ issuer: { subject: 'CN=Root,O=Test,ST=WA,C=US', key: keyOf('other') } }),
          trusted,
        ],
      },
      false,
    ],
    [
      'with a CA that expired',
      { certificates: [tsa, middle({ notAfter: new Date('2024-01-01T00:00:00Z') }), trusted] },
      false,
    ],
    [
      'of a certificate that expired before',
      (() => {
        const expired = leaf({ extensions: TSA_EXTENSIONS, notAfter: new Date('2024-01-01T00:00:00Z') })
        return { certificate: expired, certificates: [expired, issuing, trusted] }
      })(),
      false,
    ],
  ])('%s', async (_, parts, expected) => {
    const bytes = craftToken(parts)
    expect({
      us: weSay(bytes),
      pkijs: await accepts(() => pkijsSays(bytes)),
      openssl: await accepts(() => opensslSays(bytes)),
    }).toEqual({ us: expected, pkijs: expected, openssl: expected })
  })

  it('from before its certificates is refused by us and by pkijs', async () => {
    const bytes = craftToken({ info: { genTime: generalizedTime('20190601120000Z') } })
    expect([weSay(bytes), await accepts(() => pkijsSays(bytes))]).toEqual([false, false])
  })

  it('that is changed in any byte is accepted only if it says the same, and pkijs accepts it too', async () => {
    // A root beside them is not looked at: pkijs is confused by one that was changed.
    const good = craftToken({ certificates: [tsa, issuing] })
    const said = ({ genTime, accuracyMs, policy, serialNumber }: TimestampToken) => ({
      genTime,
      accuracyMs,
      policy,
      serialNumber,
    })
    await fc.assert(
      fc.asyncProperty(changed(good), async bytes => {
        if (!weSay(bytes)) return
        expect(said(readTimestampToken(bytes))).toEqual(said(readTimestampToken(good)))
        expect(await accepts(() => pkijsSays(bytes))).toBe(true)
      }),
      { numRuns },
    )
  })
})
