import { hash, sign } from 'node:crypto'
import { der, readDer } from '@sealwright/core/encoding'
import { type Certificate, parseCertificate } from '../src/index.ts'
import { type Craft, craftDer, ECDSA_SHA256, extendedKeyUsage, extension, keyOf, keyUsage } from './craft.ts'
import type { KeyPair } from './test-signer.ts'

/** What OCSP responses and CRLs are put together from by hand, so that each can be wrong in any one way. */
export const AT = new Date('2026-06-15T12:00:00Z')
export const hours = (count: number): Date => new Date(AT.getTime() + count * 3_600_000)

export const CA = 'CN=CA,O=Test,ST=WA,C=US'
export const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
export const NO_CHECK: Uint8Array = extension('1.3.6.1.5.5.7.48.1.5', false, der.nul())
export const CRL_URL = 'http://crl.example/a.crl'
export const SERIAL = 'c0ffee'

/** cRLDistributionPoints or freshestCRL. */
export const crlPoints = (oid: string, urls: readonly string[]): Uint8Array =>
  extension(
    oid,
    false,
    der.sequence(
      ...urls.map(url => der.sequence(der.explicit(0, der.explicit(0, der.implicit(6, der.ia5String(url)))))),
    ),
  )

export const issuedByCa = (changes: Partial<Craft> = {}): Certificate =>
  parseCertificate(
    craftDer({
      subject: 'CN=Leaf,O=Test,ST=WA,C=US',
      key: keyOf('leaf'),
      issuer: { subject: CA, key: keyOf('ca') },
      serial: der.integer(Buffer.from(SERIAL, 'hex')),
      extensions: [keyUsage(0x80), crlPoints('2.5.29.31', [CRL_URL])],
      ...changes,
    }),
  )

const DELEGATE = 'CN=Responder,O=Test,ST=WA,C=US'

export const delegate = (changes: Partial<Craft> = {}): Certificate =>
  issuedByCa({
    subject: DELEGATE,
    key: keyOf('responder'),
    serial: der.integer(77),
    extensions: [keyUsage(0x80), extendedKeyUsage([OCSP_SIGNING]), NO_CHECK],
    ...changes,
  })

export const keyHash = (certificate: Certificate, name: string = 'sha1'): Uint8Array =>
  hash(name, readDer(certificate.publicKey, 'key').children()[1]!.contents.subarray(1), 'buffer')

const SHA1 = '1.3.14.3.2.26'

/** Parts of an OCSP response; each is a whole element. */
export interface OcspCraft {
  readonly key: KeyPair
  readonly responder: Uint8Array
  readonly responseStatus?: Uint8Array
  readonly responseBytes?: readonly Uint8Array[]
  readonly type?: string
  readonly version?: readonly Uint8Array[]
  readonly producedAt?: Uint8Array
  readonly hashAlgorithm?: Uint8Array
  readonly nameHash?: Uint8Array
  readonly keyHash?: Uint8Array
  readonly serial?: Uint8Array
  readonly status?: Uint8Array
  readonly thisUpdate?: Uint8Array
  readonly nextUpdate?: readonly Uint8Array[]
  readonly singleExtensions?: readonly Uint8Array[]
  readonly singleMore?: readonly Uint8Array[]
  readonly singles?: (single: Uint8Array) => readonly Uint8Array[]
  readonly responseExtensions?: readonly Uint8Array[]
  readonly dataMore?: readonly Uint8Array[]
  readonly algorithm?: Uint8Array
  readonly hash?: string
  readonly signature?: (signature: Uint8Array) => Uint8Array
  readonly certificates?: readonly Uint8Array[]
  readonly tamper?: (data: Uint8Array) => Uint8Array
  readonly basicMore?: readonly Uint8Array[]
}

const GOOD: Uint8Array = Uint8Array.of(0x80, 0)
export const UNKNOWN: Uint8Array = Uint8Array.of(0x82, 0)
export const revoked = (reason?: number, at: Date = hours(-100)): Uint8Array =>
  der.implicit(
    1,
    der.sequence(
      der.generalizedTime(at),
      ...(reason === undefined ? [] : [der.explicit(0, Uint8Array.of(0x0a, 1, reason))]),
    ),
  )

/** Signed by the CA itself, by the hash of its key, unless changed. */
export function craftOcsp(ca: Certificate, changes: Partial<OcspCraft> = {}): Uint8Array {
  const craft: OcspCraft = {
    key: keyOf('ca'),
    responder: der.explicit(2, der.octetString(keyHash(ca))),
    ...changes,
  }
  const single = der.sequence(
    der.sequence(
      craft.hashAlgorithm ?? der.sequence(der.oid(SHA1), der.nul()),
      craft.nameHash ?? der.octetString(hash('sha1', ca.rawSubject, 'buffer')),
      craft.keyHash ?? der.octetString(keyHash(ca)),
      craft.serial ?? der.integer(Buffer.from(SERIAL, 'hex')),
    ),
    craft.status ?? GOOD,
    craft.thisUpdate ?? der.generalizedTime(hours(-1)),
    ...(craft.nextUpdate ?? [der.explicit(0, der.generalizedTime(hours(24)))]),
    ...(craft.singleExtensions ? [der.explicit(1, der.sequence(...craft.singleExtensions))] : []),
    ...(craft.singleMore ?? []),
  )
  const data = der.sequence(
    ...(craft.version ?? []),
    craft.responder,
    craft.producedAt ?? der.generalizedTime(hours(-1)),
    der.sequence(...(craft.singles?.(single) ?? [single])),
    ...(craft.responseExtensions ? [der.explicit(1, der.sequence(...craft.responseExtensions))] : []),
    ...(craft.dataMore ?? []),
  )
  const signature = der.bitString(sign(craft.hash ?? 'sha256', data, craft.key.privateKey))
  const basic = der.sequence(
    craft.tamper?.(data) ?? data,
    craft.algorithm ?? ECDSA_SHA256,
    craft.signature?.(signature) ?? signature,
    ...(craft.certificates ? [der.explicit(0, der.sequence(...craft.certificates))] : []),
    ...(craft.basicMore ?? []),
  )
  const body = der.sequence(der.oid(craft.type ?? '1.3.6.1.5.5.7.48.1.1'), der.octetString(basic))
  return der.sequence(
    craft.responseStatus ?? Uint8Array.of(0x0a, 1, 0),
    ...(craft.responseBytes ?? [der.explicit(0, body)]),
  )
}

/** Parts of a CRL; each is a whole element. */
export interface CrlCraft {
  readonly key?: KeyPair
  readonly version?: readonly Uint8Array[]
  readonly innerAlgorithm?: Uint8Array
  readonly outerAlgorithm?: Uint8Array
  readonly hash?: string
  readonly issuerName?: Uint8Array
  readonly thisUpdate?: Uint8Array
  readonly nextUpdate?: readonly Uint8Array[]
  readonly entries?: readonly Uint8Array[]
  readonly extensions?: readonly Uint8Array[]
  readonly tbsMore?: readonly Uint8Array[]
  readonly signature?: (signature: Uint8Array) => Uint8Array
  readonly tamper?: (tbs: Uint8Array) => Uint8Array
  readonly more?: readonly Uint8Array[]
}

export const crlNumber = (number: number): Uint8Array => extension('2.5.29.20', false, der.integer(number))
export const deltaFor = (number: number, critical: boolean = true): Uint8Array =>
  extension('2.5.29.27', critical, der.integer(number))
export const freshest = (url: string = 'http://crl.example/delta.crl'): Uint8Array =>
  crlPoints('2.5.29.46', [url])
export const distributionPoint = (...parts: readonly Uint8Array[]): Uint8Array =>
  extension('2.5.29.28', true, der.sequence(...parts))
export const pointNamed = (url: string): Uint8Array =>
  der.explicit(0, der.explicit(0, der.implicit(6, der.ia5String(url))))
export const flag = (number: number): Uint8Array => der.implicit(number, der.boolean(true))

export const reasonCode = (code: number): Uint8Array =>
  extension('2.5.29.21', false, Uint8Array.of(0x0a, 1, code))
export const invalidSince = (time: Date): Uint8Array =>
  extension('2.5.29.24', false, der.generalizedTime(time))

export const entry = (
  extensions: readonly Uint8Array[] = [],
  { serial = SERIAL, at = hours(-100) }: { serial?: string; at?: Date } = {},
): Uint8Array =>
  der.sequence(
    der.integer(Buffer.from(serial, 'hex')),
    der.time(at),
    ...(extensions.length > 0 ? [der.sequence(...extensions)] : []),
  )

export function craftCrl(ca: Certificate, craft: CrlCraft = {}): Uint8Array {
  const algorithm = craft.innerAlgorithm ?? ECDSA_SHA256
  const extensions = craft.extensions ?? [crlNumber(5)]
  const tbs = der.sequence(
    ...(craft.version ?? [der.integer(1)]),
    algorithm,
    craft.issuerName ?? ca.rawSubject,
    craft.thisUpdate ?? der.time(hours(-1)),
    ...(craft.nextUpdate ?? [der.time(hours(24))]),
    ...(craft.entries ? [der.sequence(Buffer.concat(craft.entries))] : []),
    ...(extensions.length > 0 ? [der.explicit(0, der.sequence(...extensions))] : []),
    ...(craft.tbsMore ?? []),
  )
  const signature = der.bitString(sign(craft.hash ?? 'sha256', tbs, (craft.key ?? keyOf('ca')).privateKey))
  return der.sequence(
    craft.tamper?.(tbs) ?? tbs,
    craft.outerAlgorithm ?? algorithm,
    craft.signature?.(signature) ?? signature,
    ...(craft.more ?? []),
  )
}
