import { generateKeyPairSync, type KeyObject, randomBytes, type X509Certificate } from 'node:crypto'
import type { KeyType } from '@sealwright/core'
import { der } from '@sealwright/core/encoding'
import type { Attribute } from '../src/index.ts'
import { failure } from './rv.ts'

/** Attributes by type, as a token keeps them; `key` is that of a private key. */
export interface FakeObject {
  readonly attributes: Map<number, Buffer>
  readonly key?: KeyObject
}

export interface FakeKeyOptions {
  readonly id?: Buffer
  readonly label?: string
  /** Attributes of the private key that are otherwise than usual. */
  readonly privateAttributes?: readonly Attribute[]
  /** How CKA_EC_POINT is written. Default `octet-string`. */
  readonly point?: 'octet-string' | 'bare' | 'bit-string'
  /** No CKO_PUBLIC_KEY. */
  readonly withoutPublicKey?: true
}

export interface FakeTokenOptions {
  readonly label?: string
  readonly serial?: string
  readonly manufacturer?: string
  readonly model?: string
  readonly pin?: string
  readonly tries?: number
  readonly maxSessions?: number
  readonly hardware?: boolean
  /** Further flags of CK_TOKEN_INFO. */
  readonly flags?: number
  /** Mechanisms that this token lacks. */
  readonly without?: readonly number[]
}

const NO_HASH = [0x0, 0x1, 0xd, 0x1c, 0x1d, 0x1040, 0x1041, 0x1055, 0x1057]
const HASHED = [0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x1044, 0x1045, 0x1046]
const GENERATING = [0x0, 0x1c, 0x1040, 0x1055]

/** A token: objects, a PIN and the tries it has left. Its slot is that of whoever holds it. */
export class FakeToken {
  readonly label: string
  readonly serial: string
  readonly manufacturer: string
  readonly model: string
  readonly maxSessions: number
  readonly hardware: boolean
  readonly mechanisms: Map<number, number>
  readonly objects: Map<number, FakeObject> = new Map()
  pin: string | undefined
  flags: number
  tries: number
  readonly allTries: number
  private nextHandle = 1

  constructor(options: FakeTokenOptions = {}) {
    this.label = options.label ?? 'ACME'
    this.serial = options.serial ?? '0042'
    this.manufacturer = options.manufacturer ?? 'Fake'
    this.model = options.model ?? 'F1'
    this.pin = options.pin ?? 'pin-12345678'
    this.allTries = options.tries ?? 3
    this.tries = this.allTries
    this.maxSessions = options.maxSessions ?? 0
    this.hardware = options.hardware ?? true
    // CKF_RNG, CKF_LOGIN_REQUIRED, CKF_TOKEN_INITIALIZED
    this.flags = 0x405 | (options.flags ?? 0)
    const has = [...NO_HASH, ...HASHED].filter(each => !options.without?.includes(each))
    this.mechanisms = new Map(has.map(each => [each, GENERATING.includes(each) ? 0x1_0001 : 0x801]))
  }

  /** CK_TOKEN_INFO.flags, those of the PIN included. */
  get allFlags(): number {
    const { tries, allTries } = this
    const count =
      (tries < allTries ? 0x1_0000 : 0) | (tries === 1 ? 0x2_0000 : 0) | (tries === 0 ? 0x4_0000 : 0)
    return this.flags | (this.pin === undefined ? 0 : 0x8) | count
  }

  offer(pin: string): void {
    if (this.pin === undefined) failure('CKR_USER_PIN_NOT_INITIALIZED')
    if (this.tries === 0) failure('CKR_PIN_LOCKED')
    if (pin === this.pin) {
      this.tries = this.allTries
      return
    }
    this.tries--
    failure('CKR_PIN_INCORRECT')
  }

  add(object: FakeObject): number {
    const handle = this.nextHandle++
    this.objects.set(handle, object)
    return handle
  }

  /** After a log-out the handles of private objects are worth nothing. */
  renumberPrivate(): void {
    for (const [handle, object] of [...this.objects]) {
      if (object.key === undefined) continue
      this.objects.delete(handle)
      this.add(object)
    }
  }

  remove(id: Buffer): void {
    for (const [handle, { attributes }] of [...this.objects]) {
      if (attributes.get(0x102)?.equals(id)) this.objects.delete(handle)
    }
  }

  /** Makes a key pair as another program would, and returns its CKA_ID. */
  addKey(type: KeyType, options: FakeKeyOptions = {}): Buffer {
    const { id = randomBytes(4), label = '' } = options
    const { privateKey } = pairOf(type)
    const named: Attribute[] = [
      { type: 0x102, value: id },
      ...(label === '' ? [] : [{ type: 0x3, value: label }]),
    ]
    this.addPair(privateKey, named, options)
    return id
  }

  addPair(
    privateKey: KeyObject,
    named: readonly Attribute[],
    { privateAttributes = [], point = 'octet-string', withoutPublicKey }: FakeKeyOptions = {},
  ): { publicKey: number; privateKey: number } {
    const { shared, publicOnly } = attributesOf(privateKey, point)
    const common: Attribute[] = [{ type: 0x1, value: true }, ...named, ...shared]
    const publicObject = {
      attributes: mapOf([{ type: 0x0, value: 2 }, { type: 0x2, value: false }, ...common, ...publicOnly]),
    }
    const privateObject = {
      key: privateKey,
      attributes: mapOf([
        { type: 0x0, value: 3 },
        { type: 0x2, value: true },
        ...common,
        { type: 0x103, value: true },
        { type: 0x162, value: false },
        { type: 0x108, value: true },
        { type: 0x202, value: false },
        ...privateAttributes,
      ]),
    }
    return {
      publicKey: withoutPublicKey ? 0 : this.add(publicObject),
      privateKey: this.add(privateObject),
    }
  }

  addCertificate(certificate: X509Certificate, id: Buffer): void {
    this.add({
      attributes: mapOf([
        { type: 0x0, value: 1 },
        { type: 0x1, value: true },
        { type: 0x2, value: false },
        { type: 0x80, value: 0 },
        { type: 0x102, value: id },
        { type: 0x11, value: certificate.raw },
      ]),
    })
  }
}

export function pairOf(type: KeyType): { privateKey: KeyObject } {
  switch (type) {
    case 'RSA-2048':
    case 'RSA-3072':
    case 'RSA-4096':
      return generateKeyPairSync('rsa', { modulusLength: Number(type.slice(4)) })
    case 'Ed25519':
      return generateKeyPairSync('ed25519')
    case 'ML-DSA-44':
    case 'ML-DSA-65':
    case 'ML-DSA-87':
      return generateKeyPairSync(type.toLowerCase() as 'ml-dsa-44')
    default:
      return generateKeyPairSync('ec', { namedCurve: type.replace(/^EC-P/, 'P-').replace('EC-', '') })
  }
}

/** Values as Cryptoki has them: CK_BBOOL, CK_ULONG, text, bytes. */
export function bytesOf(value: Attribute['value']): Buffer {
  if (typeof value === 'boolean') return Buffer.of(value ? 1 : 0)
  if (typeof value === 'number') return ulong(value)
  return typeof value === 'string' ? Buffer.from(value) : (value ?? Buffer.alloc(0))
}

export function ulong(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

export function mapOf(attributes: readonly Attribute[]): Map<number, Buffer> {
  return new Map(attributes.map(({ type, value }) => [type, bytesOf(value)]))
}

const CURVE_OIDS: Readonly<Record<string, string>> = {
  'P-256': '1.2.840.10045.3.1.7',
  'P-384': '1.3.132.0.34',
  'P-521': '1.3.132.0.35',
  secp256k1: '1.3.132.0.10',
}

function attributesOf(key: KeyObject, point: NonNullable<FakeKeyOptions['point']>) {
  const jwk = key.export({ format: 'jwk' }) as Record<'kty' | 'crv' | 'n' | 'e' | 'x' | 'y' | 'pub', string>
  const member = (name: 'n' | 'e' | 'x' | 'y' | 'pub') => Buffer.from(jwk[name], 'base64url')
  const wrapped = (contents: Buffer): Buffer => {
    if (point === 'bare') return contents
    return Buffer.from(point === 'bit-string' ? der.bitString(contents) : der.octetString(contents))
  }
  switch (jwk.kty) {
    case 'RSA': {
      const values: Attribute[] = [
        { type: 0x120, value: member('n') },
        { type: 0x122, value: member('e') },
      ]
      return { shared: [{ type: 0x100, value: 0 }, ...values], publicOnly: [] }
    }
    case 'EC': {
      const parameters = Buffer.from(der.oid(CURVE_OIDS[jwk.crv]!))
      const value = wrapped(Buffer.concat([Buffer.of(4), member('x'), member('y')]))
      const shared: Attribute[] = [
        { type: 0x100, value: 3 },
        { type: 0x180, value: parameters },
      ]
      return { shared, publicOnly: [{ type: 0x181, value }] }
    }
    case 'OKP': {
      const shared: Attribute[] = [
        { type: 0x100, value: 0x40 },
        { type: 0x180, value: Buffer.from(der.oid('1.3.101.112')) },
      ]
      return { shared, publicOnly: [{ type: 0x181, value: wrapped(member('x')) }] }
    }
    default: {
      const set = ['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'].indexOf(key.asymmetricKeyType as string) + 1
      const shared: Attribute[] = [
        { type: 0x100, value: 0x4a },
        { type: 0x61d, value: set },
      ]
      return { shared, publicOnly: [{ type: 0x11, value: member('pub') }] }
    }
  }
}
