import {
  type Call,
  isSealwrightError,
  type KeyDescriptor,
  type KeyType,
  keyType,
  SealwrightError,
} from '@sealwright/core'
import { spkiOf } from '@sealwright/core/adapter'
import { decodePem } from '@sealwright/core/encoding'
import { isPostQuantum, type Row, signingRow } from './algorithms.ts'
import type { Kms, PublicKey } from './client.ts'
import { classify } from './failure.ts'
import { assertChecksum, assertName, damaged } from './integrity.ts'
import { withState } from './key-state.ts'

/** What Cloud KMS says of one version, checked. */
export interface VersionKey {
  /** As Cloud KMS writes it. */
  readonly name: string
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly row: Row
  readonly protection: KeyDescriptor['protection']
}

/**
 * Reads the public key of one version: PEM, or the raw bytes of FIPS 204 with the header of X.509 put before them.
 *
 * @param algorithm - Where it is known already.
 * @throws {@link SealwrightError} `INTEGRITY` when a checksum or the name is wrong or the key is not of its algorithm,
 * `UNSUPPORTED` for a key that signs with nothing we know, `KEY_STATE` for one that may not now.
 */
export async function readPublicKey(
  kms: Kms,
  name: string,
  algorithm: unknown,
  call: Call,
): Promise<VersionKey> {
  const reply = await request(kms, name, algorithm, call)
  assertName(name, reply.name)
  const row = signingRow(name, reply.algorithm)
  const publicKey = reply.pem ? fromPem(name, reply.pem, reply) : fromRaw(name, row, reply)
  assertType(name, publicKey, row)
  return { name: reply.name, publicKey, row, protection: protectionOf(reply.protectionLevel) }
}

async function request(kms: Kms, name: string, algorithm: unknown, call: Call): Promise<PublicKey> {
  const raw = { name, publicKeyFormat: 'NIST_PQC' } as const
  if (isPostQuantum(algorithm)) return withState(kms, name, call, () => kms.getPublicKey(raw, call))
  try {
    return await kms.getPublicKey({ name }, call)
  } catch (error) {
    // Which format a key has is not known before it was read, and PEM is not among those of post-quantum ones.
    const again = wantsFormat(error) && !call.signal.aborted
    return withState(kms, name, call, () => (again ? kms.getPublicKey(raw, call) : Promise.reject(error)))
  }
}

function wantsFormat(error: unknown): boolean {
  const { code, message } = error as {
    readonly code?: unknown | undefined
    readonly message?: unknown | undefined
  }
  if (classify(error)?.code === 'INTEGRITY') return false
  return code === 3 || ((code === 9 || code === 12) && /format|PQC/i.test(String(message)))
}

function fromPem(name: string, pem: string, { pemCrc32c }: PublicKey): Uint8Array {
  assertChecksum(name, 'public key', Buffer.from(pem), pemCrc32c)
  let blocks: ReturnType<typeof decodePem>
  try {
    blocks = decodePem(pem, 'the public key')
  } catch {
    throw damaged(name, 'the public key is not PEM')
  }
  const [block, ...more] = blocks
  if (block?.label !== 'PUBLIC KEY' || more.length > 0) throw damaged(name, 'the public key is not PEM')
  return block.bytes
}

function fromRaw(name: string, { type }: Row, { publicKey, publicKeyFormat }: PublicKey): Uint8Array {
  const data = publicKey?.data
  if (!(data instanceof Uint8Array) || data.length === 0) throw damaged(name, 'it holds no public key')
  assertChecksum(name, 'public key', data, publicKey?.crc32cChecksum)
  if (publicKeyFormat !== 'NIST_PQC' || !type.startsWith('ML-DSA-')) {
    throw damaged(name, 'the public key is not in the requested format')
  }
  return spkiOf(type, data)
}

function assertType(name: string, publicKey: Uint8Array, { name: algorithm, type }: Row): void {
  let actual: KeyType
  try {
    actual = keyType(publicKey)
  } catch (cause) {
    if (isSealwrightError(cause) && cause.code === 'UNSUPPORTED') throw cause
    throw damaged(name, 'the public key cannot be read')
  }
  if (actual === type) return
  throw new SealwrightError('INTEGRITY', `Cloud KMS described ${name} as another kind of key than it is`, {
    why: `it says ${algorithm}, and its public key is of ${actual}`,
  })
}

export function protectionOf(level: unknown): KeyDescriptor['protection'] {
  switch (level) {
    case 'SOFTWARE':
      return 'software'
    case 'HSM':
    case 'HSM_SINGLE_TENANT':
      return 'hsm'
    case 'EXTERNAL':
    case 'EXTERNAL_VPC':
      return 'external'
    default:
      return 'unknown'
  }
}
