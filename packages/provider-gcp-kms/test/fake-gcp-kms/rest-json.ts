import { protos } from '@google-cloud/kms'
import type { Message } from './semantics.ts'

const { CryptoKey, CryptoKeyVersion, ProtectionLevel, PublicKey } = protos.google.cloud.kms.v1

/** Members whose values are enumerators: numbers in JSON (`enum-encoding=int`), names in here. */
const ENUMS: Readonly<Record<string, object>> = {
  algorithm: CryptoKeyVersion.CryptoKeyVersionAlgorithm,
  protectionLevel: ProtectionLevel,
  publicKeyFormat: PublicKey.PublicKeyFormat,
  purpose: CryptoKey.CryptoKeyPurpose,
  state: CryptoKeyVersion.CryptoKeyVersionState,
}

const BYTES = ['data', 'sha256', 'sha384', 'sha512', 'externalMu']

/** A request as JSON has it, in the form of `semantics.ts`. */
export function fromJson(json: Message): Message {
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      if (name in ENUMS) return [name, (ENUMS[name] as Record<string, unknown>)[String(value)]]
      if (name.endsWith('Crc32c')) return [name, { value }]
      if (BYTES.includes(name)) return [name, Buffer.from(String(value), 'base64')]
      return [name, isMessage(value) ? fromJson(value) : value]
    }),
  )
}

/** A reply in JSON: bytes in base64, the number of an Int64Value as a string. */
export function toJson(message: Message): Message {
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => {
      if (name in ENUMS) return [name, (ENUMS[name] as Record<string, unknown>)[String(value)]]
      if (value instanceof Uint8Array) return [name, Buffer.from(value).toString('base64')]
      if (Array.isArray(value)) return [name, value.map(each => toJson(each as Message))]
      if (!isMessage(value)) return [name, value]
      return [name, 'value' in value ? value.value : toJson(value)]
    }),
  )
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null
}
