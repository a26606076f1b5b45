import { createPublicKey } from 'node:crypto'
import {
  isSealwrightError,
  type KeyDescriptor,
  type KeyState,
  keyType,
  SealwrightError,
} from '@sealwright/core'
import { acceptedBy } from './algorithms.ts'
import { isManagedHsm } from './hosts.ts'
import { formatReference, type KeyReference, type KeyVersion, parseKeyId } from './reference.ts'
import type { Reply } from './reply.ts'
import type { Validity, Vault } from './vault.ts'

/** A key version as an answer describes it. */
export interface KeyBundle {
  readonly reference: KeyVersion
  readonly key: KeyDescriptor
  readonly enabled: boolean
  readonly validity: Validity
  readonly created?: Date | undefined
}

interface Jwk {
  readonly kid?: unknown | undefined
  readonly kty?: unknown | undefined
  readonly key_ops?: unknown | undefined
  readonly crv?: unknown | undefined
  readonly [member: string]: unknown
}

/**
 * Reads an answer that describes a key.
 *
 * @throws {@link SealwrightError} `KEY_MISMATCH` for another key than was asked for, `UNSUPPORTED` for one that does not
 * sign, `INTEGRITY` for what describes none.
 */
export function readBundle(vault: Vault, asked: KeyReference, { body }: Reply): KeyBundle {
  const jwk = (body.key ?? {}) as Jwk
  const reference = answeredVersion(vault, asked, jwk.kid)
  const name = formatReference(reference)
  const { kty, key_ops: operations } = jwk
  if (typeof kty !== 'string')
    throw new SealwrightError('INTEGRITY', `Azure Key Vault returned no public key for ${name}`)
  if (!/^(?:RSA|EC)(?:-HSM)?$/.test(kty)) throw unusable(name, `it is a key of type ${kty.slice(0, 20)}`)
  if (Array.isArray(operations) && !operations.includes('sign'))
    throw unusable(name, 'its operations lack sign')
  const publicKey = spkiOf(name, kty, jwk)
  return {
    reference,
    key: {
      reference: name,
      publicKey,
      algorithms: acceptedBy(keyType(publicKey)),
      protection: kty.endsWith('-HSM') || isManagedHsm(vault.host) ? 'hsm' : 'software',
    },
    ...attributesOf(body.attributes),
  }
}

/**
 * The version that an answer is about, under the name that was asked for.
 *
 * @throws {@link SealwrightError} `KEY_MISMATCH` when that is another key or version.
 */
export function answeredVersion({ host, alias }: Vault, asked: KeyReference, kid: unknown): KeyVersion {
  const answered = parseKeyId(kid)
  if (answered === undefined) {
    throw new SealwrightError(
      'INTEGRITY',
      `Azure Key Vault answered for ${formatReference(asked)} without saying for which key`,
    )
  }
  const isAsked =
    (answered.host === host || answered.host === alias) &&
    // Key Vault minds no case in names, and may answer in that of the first version.
    answered.name.toLowerCase() === asked.name.toLowerCase() &&
    (asked.version === undefined || answered.version === asked.version)
  if (isAsked) return { host, name: asked.name, version: answered.version }
  throw new SealwrightError('KEY_MISMATCH', 'Azure Key Vault answered for another key than requested', {
    why: `asked for ${formatReference(asked)}, got ${formatReference(answered)}`,
    fix: 'check the host and the endpoint',
  })
}

/** @throws {@link SealwrightError} `KEY_STATE` for a version that may not sign now. */
export function assertCanSign({ key, enabled, validity: { notBefore, expires } }: KeyBundle): void {
  const now = Date.now()
  const state = !enabled
    ? { why: 'the key is disabled', fix: 'enable it, or sign with another' }
    : notBefore !== undefined && now < notBefore
      ? { why: `the key is not valid before ${new Date(notBefore).toISOString()}` }
      : expires !== undefined && now >= expires
        ? { why: `the key expired at ${new Date(expires).toISOString()}`, fix: 'make a new version of it' }
        : undefined
  if (state === undefined) return
  throw new SealwrightError('KEY_STATE', `Azure Key Vault does not sign with ${key.reference} now`, state)
}

function spkiOf(name: string, kty: string, jwk: Jwk): Uint8Array {
  const { n, e, x, y, crv } = jwk
  // RFC 8812 has another name for the curve than Key Vault.
  const plain = kty.startsWith('RSA')
    ? { kty: 'RSA', n, e }
    : { kty: 'EC', x, y, crv: crv === 'P-256K' ? 'secp256k1' : crv }
  try {
    const key = createPublicKey({ key: plain as never, format: 'jwk' })
    const spki = key.export({ type: 'spki', format: 'der' })
    keyType(spki)
    return Uint8Array.from(spki)
  } catch (cause) {
    if (isSealwrightError(cause)) throw cause
    throw new SealwrightError('INTEGRITY', `Azure Key Vault returned no public key for ${name}`, { cause })
  }
}

/** The state of a key version for lists. */
export function stateOf({ enabled, validity: { notBefore, expires } }: KeyBundle): KeyState {
  if (!enabled) return 'disabled'
  const now = Date.now()
  if (notBefore !== undefined && now < notBefore) return 'pending'
  return expires !== undefined && now >= expires ? 'expired' : 'enabled'
}

function attributesOf(attributes: unknown): Pick<KeyBundle, 'enabled' | 'validity' | 'created'> {
  const { enabled, nbf, exp, created } = (attributes ?? {}) as Readonly<Record<string, unknown>>
  return {
    enabled: enabled !== false,
    validity: {
      ...(typeof nbf === 'number' ? { notBefore: 1000 * nbf } : {}),
      ...(typeof exp === 'number' ? { expires: 1000 * exp } : {}),
    },
    ...(typeof created === 'number' ? { created: new Date(1000 * created) } : {}),
  }
}

function unusable(name: string, why: string): SealwrightError {
  return new SealwrightError('UNSUPPORTED', `${name} is not a key to sign with here`, {
    why,
    fix: 'create one of type RSA or EC with the operations sign and verify',
  })
}
