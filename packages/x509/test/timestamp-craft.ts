import { createHash, sign } from 'node:crypto'
import { der } from '@sealwright/core/encoding'
import type { Certificate } from '../src/index.ts'
import {
  CA_EXTENSIONS,
  ECDSA_SHA256,
  extendedKeyUsage,
  keyOf,
  keyUsage,
  leaf,
  middle,
  root,
  TIME_STAMPING,
} from './craft.ts'
import type { KeyPair } from './test-signer.ts'

export const MESSAGE: Uint8Array = Buffer.from('the signature that is timestamped')
const TST_INFO = '1.2.840.113549.1.9.16.1.4'
export const SHA256: Uint8Array = der.sequence(der.oid('2.16.840.1.101.3.4.2.1'), der.nul())
export const SHA1: Uint8Array = der.sequence(der.oid('1.3.14.3.2.26'), der.nul())

export const TSA_EXTENSIONS: readonly Uint8Array[] = [keyUsage(0x80), extendedKeyUsage([TIME_STAMPING], true)]
export const trusted: Certificate = root({ extensions: CA_EXTENSIONS })
export const issuing: Certificate = middle()
export const tsa: Certificate = leaf({ extensions: TSA_EXTENSIONS })

export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

/** A token put together by hand, so that it can be wrong in any one way. Elements are DER; `undefined` leaves one out. */
export interface TokenParts {
  readonly info: Readonly<Record<string, Uint8Array | undefined>>
  /** The bytes that are signed in place of a TSTInfo of `info`. */
  readonly content: Uint8Array
  readonly attributes: Readonly<Record<string, Uint8Array | undefined>>
  readonly signer: Readonly<Record<string, Uint8Array | undefined>>
  readonly signedData: Readonly<Record<string, Uint8Array | undefined>>
  readonly key: KeyPair
  readonly certificate: Certificate
  readonly certificates: readonly Certificate[]
  readonly tail: Uint8Array
}

export const attribute = (oid: string, ...values: Uint8Array[]): Uint8Array =>
  der.sequence(der.oid(oid), der.set(...values))

export const generalizedTime = (text: string): Uint8Array => {
  const time = Uint8Array.from(der.ia5String(text))
  time[0] = 0x18
  return time
}

export const certificateId = (certificate: Certificate, ...more: Uint8Array[]): Uint8Array =>
  der.sequence(der.octetString(sha256(certificate.der)), ...more)

export const signingCertificateV2 = (...ids: Uint8Array[]): Uint8Array =>
  attribute('1.2.840.113549.1.9.16.2.47', der.sequence(der.sequence(...ids)))

const list = (elements: Readonly<Record<string, Uint8Array | undefined>>): Uint8Array[] =>
  Object.values(elements).filter(element => element !== undefined)

export function craftToken(parts: Partial<TokenParts> = {}): Uint8Array {
  const { certificate = tsa, key = keyOf('leaf'), certificates = [tsa, issuing, trusted] } = parts
  const content =
    parts.content ??
    der.sequence(
      ...list({
        version: der.integer(1),
        policy: der.oid('2.999.1'),
        messageImprint: der.sequence(SHA256, der.octetString(sha256(MESSAGE))),
        serialNumber: der.integer(4711),
        genTime: generalizedTime('20250601120000Z'),
        accuracy: undefined,
        ordering: undefined,
        nonce: undefined,
        tsa: undefined,
        extensions: undefined,
        ...parts.info,
      }),
    )
  const attributes = der.implicit(
    0,
    der.set(
      ...list({
        contentType: attribute('1.2.840.113549.1.9.3', der.oid(TST_INFO)),
        messageDigest: attribute('1.2.840.113549.1.9.4', der.octetString(sha256(content))),
        signingCertificate: signingCertificateV2(certificateId(certificate)),
        ...parts.attributes,
      }),
    ),
  )
  const signed = Uint8Array.from(attributes)
  signed[0] = 0x31
  const signer = der.sequence(
    ...list({
      version: der.integer(1),
      sid: der.sequence(certificate.rawIssuer, der.integer(Buffer.from(certificate.serialNumber, 'hex'))),
      digestAlgorithm: SHA256,
      signedAttrs: attributes,
      signatureAlgorithm: ECDSA_SHA256,
      signature: der.octetString(sign('sha256', signed, key.privateKey)),
      unsignedAttrs: undefined,
      ...parts.signer,
    }),
  )
  const signedData = der.sequence(
    ...list({
      version: der.integer(3),
      digestAlgorithms: der.set(SHA256),
      encapContentInfo: der.sequence(der.oid(TST_INFO), der.explicit(0, der.octetString(content))),
      certificates: der.implicit(0, der.set(...certificates.map(one => one.der))),
      crls: undefined,
      signerInfos: der.set(signer),
      ...parts.signedData,
    }),
  )
  const type = der.oid('1.2.840.113549.1.7.2')
  return Buffer.concat([der.sequence(type, der.explicit(0, signedData)), parts.tail ?? new Uint8Array()])
}
