import { isSealwrightError, type KeyType, keyType, SealwrightError } from '@sealwright/core'
import type { Connection } from './connections.ts'
import { CKA, CKO } from './constants.ts'
import { type SigningMechanisms, signingMechanisms } from './mechanisms.ts'
import { attribute, flag, tokenObjects } from './objects.ts'
import { type PrivateKeyObject, publicKeyOf } from './public-key.ts'
import { formatReference, type KeySelector } from './reference.ts'
import { nameOf } from './tokens.ts'
import { readUlong } from './ulong.ts'

/** A private key that may sign, on a token that we are logged in to. */
export interface FoundKey extends PrivateKeyObject {
  readonly connection: Connection
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly type: KeyType
  readonly mechanisms: SigningMechanisms
  /** CKA_ALWAYS_AUTHENTICATE: a PIN for each signature. */
  readonly alwaysAuthenticate: boolean
}

/**
 * Finds the one key that fits.
 *
 * @throws {@link SealwrightError} `NOT_FOUND`; `VALIDATION`, naming them, for several; `KEY_STATE` for one that may not sign.
 */
export function findKey(connection: Connection, { id, label }: KeySelector): FoundKey {
  const { api, session, token } = connection
  const [object, ...more] = tokenObjects(api, session, CKO.privateKey, { id, label })
  if (object === undefined) {
    throw new SealwrightError('NOT_FOUND', `no such private key on token ${nameOf(token)}`, {
      why: `looked for ${formatReference({ token: {}, ...(id && { id }), ...(label && { label }) })}`,
      fix:
        hexHint(connection, { id, label }) ??
        'correct the reference: id is the CKA_ID, object the label of the key',
    })
  }
  const key = privateKey(connection, object)
  if (more.length > 0) {
    throw new SealwrightError(
      'VALIDATION',
      `the reference fits more than one key on token ${nameOf(token)}`,
      {
        why: [key, ...more.map(each => privateKey(connection, each))].map(nameOfKey).join(', '),
        fix: 'add id=… to the reference, or give the keys different ids',
      },
    )
  }
  if (flag(api, session, object, CKA.sign) === false) {
    throw new SealwrightError('KEY_STATE', `the key ${nameOfKey(key)} may not sign`, {
      why: 'its CKA_SIGN is false',
      fix: 'use a key that was made to sign',
    })
  }
  return {
    ...key,
    ...signingAbility(connection, key),
    connection,
    alwaysAuthenticate: flag(api, session, object, CKA.alwaysAuthenticate) ?? false,
  }
}

/**
 * What a private key signs with.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` or `INTEGRITY` where the token does not tell a public key that can be used.
 */
export function signingAbility(
  connection: Connection,
  key: PrivateKeyObject,
): Pick<FoundKey, 'publicKey' | 'type' | 'mechanisms'> {
  const { api, session, token } = connection
  const publicKey = publicKeyOf(api, session, key)
  const type = typeOf(publicKey)
  const allowed = allowedMechanisms(connection, key.object)
  return { publicKey, type, mechanisms: signingMechanisms(api, token.slot, type, allowed) }
}

/** pkcs11-tool shows ids in hexadecimal, and RFC 7512 writes them percent-encoded: `id=01` is the two bytes 30 31. */
function hexHint(
  { api, session }: Connection,
  { id, label }: { readonly id: Buffer | undefined; readonly label: string | undefined },
): string | undefined {
  const text = id?.toString('latin1') ?? ''
  if (!/^(?:[0-9A-Fa-f]{2})+$/.test(text)) return undefined
  const meant = Buffer.from(text, 'hex')
  const isThere = tokenObjects(api, session, CKO.privateKey, { id: meant, label }).length > 0
  const written = Array.from(meant, byte => `%${byte.toString(16).padStart(2, '0')}`).join('')
  return isThere
    ? `write id=${written.toUpperCase()}: an id is percent-encoded, not in hexadecimal`
    : undefined
}

/** What a private key says of itself. */
export function privateKey({ api, session }: Connection, object: Buffer): PrivateKeyObject {
  const type = attribute(api, session, object, CKA.keyType)
  if (type === undefined) throw new SealwrightError('INTEGRITY', 'the token holds a key without a type')
  return {
    object,
    id: attribute(api, session, object, CKA.id) ?? Buffer.alloc(0),
    label: attribute(api, session, object, CKA.label)?.toString('utf8') ?? '',
    keyType: readUlong(type),
  }
}

/** For messages. */
export function nameOfKey({ id, label }: Pick<PrivateKeyObject, 'id' | 'label'>): string {
  return formatReference({ token: {}, ...(id.length > 0 && { id }), ...(label !== '' && { label }) })
}

function typeOf(publicKey: Uint8Array): KeyType {
  try {
    return keyType(publicKey)
  } catch (error) {
    // UNSUPPORTED says what is wrong with the key; VALIDATION would blame the caller for what the token told.
    if (isSealwrightError(error) && error.code === 'UNSUPPORTED') throw error
    throw new SealwrightError('INTEGRITY', 'the token returned an unusable public key', {
      ...(isSealwrightError(error) ? { why: error.message } : {}),
      cause: error,
    })
  }
}

function allowedMechanisms(
  { api, session, token }: Connection,
  object: Buffer,
): readonly number[] | undefined {
  const value = attribute(api, session, object, CKA.allowedMechanisms)
  if (!value?.length) return undefined
  const size = token.slot.length
  return Array.from({ length: value.length / size }, (_, index) =>
    readUlong(value.subarray(index * size, (index + 1) * size)),
  )
}
