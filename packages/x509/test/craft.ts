import { sign } from 'node:crypto'
import { der } from '@sealwright/core/encoding'
import {
  type Certificate,
  encodeDistinguishedName,
  parseCertificate,
  parseDistinguishedName,
} from '../src/index.ts'
import { type KeyPair, makeKey } from './test-signer.ts'

/** A certificate put together by hand, so that it can be wrong in any one way. All keys are P-256 unless given. */
export interface Craft {
  readonly subject: string
  readonly key: KeyPair
  readonly issuer?: { readonly subject: string; readonly key: KeyPair }
  readonly extensions?: readonly Uint8Array[]
  /** Zero-based, as encoded; or the whole element. */
  readonly version?: number | Uint8Array
  readonly serial?: Uint8Array
  readonly notBefore?: Date
  readonly notAfter?: Date
  readonly innerAlgorithm?: Uint8Array
  readonly outerAlgorithm?: Uint8Array
  readonly hash?: string
}

export const ECDSA_SHA256: Uint8Array = der.sequence(der.oid('1.2.840.10045.4.3.2'))

export function craftDer(craft: Craft): Uint8Array {
  const issuer = craft.issuer ?? craft
  const extensions = craft.extensions ?? []
  const tbs = der.sequence(
    der.explicit(0, craft.version instanceof Uint8Array ? craft.version : der.integer(craft.version ?? 2)),
    craft.serial ?? der.integer(4711),
    craft.innerAlgorithm ?? ECDSA_SHA256,
    name(issuer.subject),
    der.sequence(
      der.time(craft.notBefore ?? new Date('2020-01-01T00:00:00Z')),
      der.time(craft.notAfter ?? new Date('2120-01-01T00:00:00Z')),
    ),
    name(craft.subject),
    craft.key.spki,
    ...(extensions.length > 0 ? [der.explicit(3, der.sequence(...extensions))] : []),
  )
  const signature = sign(craft.hash ?? 'sha256', tbs, issuer.key.privateKey)
  return der.sequence(
    tbs,
    craft.outerAlgorithm ?? craft.innerAlgorithm ?? ECDSA_SHA256,
    der.bitString(signature),
  )
}

export function craft(options: Craft): Certificate {
  return parseCertificate(craftDer(options))
}

function name(text: string): Uint8Array {
  return encodeDistinguishedName(parseDistinguishedName(text))
}

export function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  return der.sequence(der.oid(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value))
}

export const basicConstraints = (ca: boolean, critical: boolean = true, pathLength?: number): Uint8Array =>
  extension(
    '2.5.29.19',
    critical,
    der.sequence(
      ...(ca ? [der.boolean(true)] : []),
      ...(pathLength === undefined ? [] : [der.integer(pathLength)]),
    ),
  )

/** `bits`: the first byte of the bit string, 0x80 digitalSignature, 0x04 keyCertSign, 0x02 cRLSign. */
export const keyUsage = (bits: number, critical: boolean = true): Uint8Array =>
  extension('2.5.29.15', critical, der.bitString(Uint8Array.of(bits)))

export const extendedKeyUsage = (oids: readonly string[], critical: boolean = false): Uint8Array =>
  extension('2.5.29.37', critical, der.sequence(...oids.map(oid => der.oid(oid))))

export const CODE_SIGNING = '1.3.6.1.5.5.7.3.3'
export const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'

const keys = new Map<string, KeyPair>()

/** One P-256 key a name, made once. */
export function keyOf(who: string): KeyPair {
  if (!keys.has(who)) keys.set(who, makeKey('p256'))
  return keys.get(who)!
}

export const ROOT = 'CN=Root,O=Test,ST=WA,C=US'
export const MIDDLE = 'CN=Middle,O=Test,ST=WA,C=US'
export const LEAF = 'CN=Leaf,O=Test,ST=WA,C=US'

export const CA_EXTENSIONS: readonly Uint8Array[] = [basicConstraints(true), keyUsage(0x06)]
export const LEAF_EXTENSIONS: readonly Uint8Array[] = [keyUsage(0x80), extendedKeyUsage([CODE_SIGNING])]

export const root = (changes: Partial<Craft> = {}): Certificate =>
  craft({ subject: ROOT, key: keyOf('root'), extensions: CA_EXTENSIONS, ...changes })

export const middle = (changes: Partial<Craft> = {}): Certificate =>
  craft({
    subject: MIDDLE,
    key: keyOf('middle'),
    issuer: { subject: ROOT, key: keyOf('root') },
    extensions: CA_EXTENSIONS,
    ...changes,
  })

export const leaf = (changes: Partial<Craft> = {}): Certificate =>
  craft({
    subject: LEAF,
    key: keyOf('leaf'),
    issuer: { subject: MIDDLE, key: keyOf('middle') },
    extensions: LEAF_EXTENSIONS,
    ...changes,
  })
