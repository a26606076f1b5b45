import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import {
  parseCertificates,
  readTimestampResponse,
  readTimestampToken,
  verifyTimestampToken,
} from '../src/index.ts'
import { timestampDifferences } from './deliberate-differences.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const VECTORS = resolve(ROOT, process.env.SEALWRIGHT_VECTORS ?? '../shared/vectors')
const VERDICTS = join(VECTORS, 'notary-verdicts')
const TSPCLIENT = join(VECTORS, 'tspclient')

interface TimestampCase {
  readonly id: string
  readonly kind: string
  readonly note: string
  readonly files: { readonly token: string; readonly roots: string; readonly message: string }
  readonly expected: {
    readonly outcome: 'accept' | 'reject'
    readonly reason?: string
    readonly result?: { readonly genTime: string; readonly accuracyMs: number; readonly chainLength: number }
  }
}

const cases: TimestampCase[] = existsSync(join(VERDICTS, 'cases.jsonl'))
  ? readFileSync(join(VERDICTS, 'cases.jsonl'), 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as TimestampCase)
      .filter(({ kind }) => kind === 'timestamp')
  : []

describe('the verdicts of the reference on timestamp tokens', () => {
  it('cover each deliberate difference', ({ skip }) => {
    skip(cases.length === 0, `no vectors at ${VERDICTS} (SEALWRIGHT_VECTORS)`)
    const accepted = cases.filter(({ expected }) => expected.outcome === 'accept').map(({ id }) => id)
    expect(accepted).toEqual(expect.arrayContaining(Object.keys(timestampDifferences)))
  })

  it.each(cases.map(one => [one.id, one.note, one] as const))('%s: %s', (id, _note, { files, expected }) => {
    const verdict = judge(join(VERDICTS, files.token), {
      message: readFileSync(join(VERDICTS, files.message)),
      roots: join(VERDICTS, files.roots),
    })
    if (expected.outcome === 'reject' || id in timestampDifferences) {
      expect(verdict, expected.reason).toHaveProperty('code')
      return
    }
    const { genTime, accuracyMs, chainLength } = expected.result!
    expect(verdict).toEqual({ genTime: new Date(genTime), accuracyMs, chainLength })
  })
})

/** What is wrong with each token of the reference's client; `notation` was timestamped by those that have a message. */
const tokens: Readonly<Record<string, string>> = {
  'TimeStampToken.p7s': 'accept',
  'TimeStampTokenNoRoot.p7s': 'the timestamp token is for another message',
  'SHA1TimeStampToken.p7s': 'messageImprint: its hash is not SHA-256, SHA-384 or SHA-512',
  'TimeStampTokenWithInvalidSignature.p7s': 'the signature of the timestamp token does not match',
  // Put together by hand, with their attributes out of order.
  'TimeStampTokenWithInvalidSigningCertificateV1.p7s': 'signed attributes: they are not in the order of DER',
  'TimeStampTokenWithInvalidSigningCertificateV2.p7s': 'signed attributes: they are not in the order of DER',
  'TimeStampTokenWithSigningCertificateV2NoCert.p7s': 'signed attributes: they are not in the order of DER',
  'TimeStampTokenWithInvalidTSTInfo.p7s': 'genTime: DER tag 0x18 expected, 0x30 found',
  'TimeStampTokenWithInvalideContentType.p7s': 'type of the signed content: it is 1.2.840.113549.1.7.1',
  'TimeStampTokenWithMismatchCertHash.p7s': 'the certificate of the signer is not the one',
  'TimeStampTokenWithSHA1CertHash.p7s': 'the hash of a certificate is not SHA-256, SHA-384 or SHA-512',
  'TimeStampTokenWithSigningCertificateV1.p7s': 'without signingCertificateV2',
  'TimeStampTokenWithSigningCertificateV1NoCert.p7s': 'signed attributes: they are not in the order of DER',
  'TimeStampTokenWithTSTInfoVersion2.p7s': 'version is 2, not 1',
  'TimeStampTokenWithValidAndInvalidSignerInfos.p7s': 'it has 2 signers',
  'TimeStampTokenWithWrongSigningCertificateV2IssuerChoiceTag.p7s': 'is not one directory name',
  'TimeStampTokenWithoutCertificate.p7s': 'lacks the certificate of its signer',
  'TimeStampTokenWithoutSigningCertificate.p7s': 'the signed attribute signingCertificateV2 is absent',
  // Cut out of a signed token, whose signature does not hold for what is left.
  'TimeStampTokenWithoutSigningCertificateV2IssuerSerial.p7s':
    'signature of the timestamp token does not match',
}

/** The responses of the reference's client, as answers to a request of ours. */
const responses: Readonly<Record<string, string>> = {
  'granted.tsq': 'the timestamp token answers another request',
  'malformed.tsq': 'timestamp response: DER length beyond the input',
  'rejection.tsq': 'the time-stamp authority did not grant the request',
  'validResponseWithSigningCertificateV1.tsr': 'without signingCertificateV2',
}

describe("the tokens and responses of the reference's client", () => {
  it('are all judged', ({ skip }) => {
    skip(!existsSync(TSPCLIENT), `no vectors at ${TSPCLIENT} (SEALWRIGHT_VECTORS)`)
    expect(readdirSync(TSPCLIENT).filter(name => name !== 'GlobalSignRootCA.crt')).toEqual(
      [...Object.keys(tokens), ...Object.keys(responses)].toSorted(),
    )
  })

  it.each(existsSync(TSPCLIENT) ? Object.entries(responses) : [])('%s: %s', (name, expected) => {
    const request = { hash: 'sha256', digest: new Uint8Array(32), nonce: new Uint8Array(8).fill(1) } as const
    const read = () => readTimestampResponse(readFileSync(join(TSPCLIENT, name)), request)
    expect(read).toThrow(expected)
  })

  it.each(existsSync(TSPCLIENT) ? Object.entries(tokens) : [])('%s: %s', (name, expected) => {
    const verdict = judge(join(TSPCLIENT, name), {
      message: Buffer.from('notation'),
      roots: join(TSPCLIENT, 'GlobalSignRootCA.crt'),
    })
    if (expected === 'accept') {
      expect(verdict).toEqual({ genTime: new Date('2021-09-17T14:09:10Z'), accuracyMs: 1000, chainLength: 4 })
    } else {
      expect(verdict).toMatchObject({ message: expect.stringContaining(expected) })
    }
  })
})

function judge(token: string, { message, roots }: { message: Uint8Array; roots: string }) {
  try {
    const read = readTimestampToken(readFileSync(token))
    const { chain } = verifyTimestampToken(read, {
      message,
      roots: parseCertificates(readFileSync(roots), roots),
    })
    return {
      genTime: read.genTime,
      accuracyMs: Math.floor(read.accuracyMs),
      chainLength: chain.length,
    }
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return { code: error.code, message: error.message }
  }
}
