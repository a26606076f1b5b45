import {
  type Call,
  type KeyDescriptor,
  type KeyHandle,
  type KeyType,
  keyType,
  SealwrightError,
  type SignRequest,
} from '@sealwright/core'
import { spkiOf } from '@sealwright/core/adapter'
import { decodeBase64, decodePem, encodeBase64 } from '@sealwright/core/encoding'
import { chainOf } from './certificates.ts'
import { isVersion, type KeyInfo, type KeyVersion, pathOf, readKey, versionOf } from './key-info.ts'
import { acceptsOf, signParameters } from './key-types.ts'
import { formatReference, type KeyReference } from './reference.ts'
import type { Vault } from './vault.ts'
import type { VaultReply } from './wire.ts'

export interface OpenKeyOptions {
  /** Opens keys that Vault would hand out. */
  readonly allowExportable: boolean
}

/**
 * Opens one version of a key: the one named, or the latest of now, which stays the same however often the key is rotated.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` for a key that does not sign, is derived, or can be exported.
 */
export async function openKey(
  vault: Vault,
  reference: KeyReference,
  options: OpenKeyOptions,
  call: Call,
): Promise<KeyHandle> {
  const info = await readKey(vault, reference, call)
  const version = versionOf(info)
  const { type } = info
  if (type === undefined) {
    throw unsupported(
      info,
      `it is of type ${safe(info.typeName)}`,
      'use a key of type rsa-*, ecdsa-p* or ed25519',
    )
  }
  if (info.data.derived === true) {
    throw unsupported(
      info,
      'it is derived: each context has a key of its own',
      'use a key that is not derived',
    )
  }
  if (!options.allowExportable) assertKept(info)
  return keyHandle(vault, version, {
    reference: formatReference(version.reference),
    publicKey: publicKeyOf(type, version.data.public_key),
    algorithms: acceptsOf(type),
    // Transit keeps keys in Vault's own storage; an HSM may unseal that, but does not sign.
    protection: 'software',
  })
}

function assertKept(info: KeyInfo): void {
  const flag = ['exportable', 'allow_plaintext_backup'].find(name => info.data[name] === true)
  if (flag === undefined) return
  throw unsupported(
    info,
    `it is ${flag}: whoever Vault allows may take the private key out`,
    'make a key that cannot be exported, or accept it by the option `allowExportable`',
  )
}

function unsupported({ reference }: KeyInfo, why: string, fix: string): SealwrightError {
  return new SealwrightError('UNSUPPORTED', `${formatReference(reference)} is not a key to sign with`, {
    why,
    fix,
  })
}

function safe(typeName: string): string {
  return /^[\w.-]{1,40}$/.test(typeName) ? typeName : 'no name'
}

/** A handle on one version of a key. It holds no secret and no connection of its own. */
function keyHandle(vault: Vault, { reference, data }: KeyVersion, key: KeyDescriptor): KeyHandle {
  const { version, namespace } = reference
  const path = pathOf(reference, 'sign')
  const chain = chainOf(data)
  let isClosed = false
  return {
    key,
    signRaw: async (request, call) => {
      if (isClosed) throw new SealwrightError('VALIDATION', `${key.reference} is closed`)
      assertInput(key, request)
      const body = {
        input: encodeBase64(request.bytes),
        key_version: version,
        ...signParameters(request.algorithm),
      }
      const reply = await vault.request({ method: 'POST', path, body, namespace }, call)
      return {
        bytes: signatureOf(reply, version),
        encoding: request.algorithm.family === 'ECDSA' ? 'der' : 'raw',
        reference: key.reference,
        requestId: reply.requestId,
      }
    },
    ...(chain && { certificates: async () => chain }),
    [Symbol.asyncDispose]: async () => {
      isClosed = true
    },
  }
}

/** Vault signs with ECDSA what is given as a digest, however long it is. */
function assertInput(
  { algorithms, reference }: KeyDescriptor,
  { algorithm, input, bytes }: SignRequest,
): void {
  const accepts = algorithms[algorithm.id]?.[input]
  if (accepts === undefined) {
    throw new SealwrightError(
      'UNSUPPORTED',
      `${reference} does not sign with ${algorithm.id}, given the ${input}`,
    )
  }
  const isRight =
    input === 'digest' ? bytes.length === algorithm.digestLength : bytes.length <= Number(accepts)
  if (isRight) return
  throw new SealwrightError('VALIDATION', `${bytes.length} bytes are no ${input} that ${algorithm.id} signs`)
}

/**
 * The signature of a reply to `sign`: `vault:vN:` and base64.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for anything else, and when the two places that tell the version of the key
 * disagree with each other or with `version`.
 */
function signatureOf({ data }: VaultReply, version: number): Uint8Array {
  const { signature, key_version: told } = data
  const match = typeof signature === 'string' ? /^vault:v([1-9]\d{0,8}):([^:]+)$/.exec(signature) : null
  if (match === null) throw broken('it has no signature of the form vault:vN:…')
  const [, prefix, text] = match
  if (Number(prefix) !== version) throw broken(`version ${prefix} of the key signed, not ${version}`)
  // Vault before 1.10 does not tell it a second time.
  if (told !== undefined && !(isVersion(told) && told === version)) {
    throw broken(`its key_version is not ${version}`)
  }
  try {
    return decodeBase64(text!, 'signature')
  } catch (cause) {
    throw broken('its signature is not base64', cause)
  }
}

function broken(why: string, cause?: unknown): SealwrightError {
  return new SealwrightError('INTEGRITY', 'Vault returned a response that is not a signature by this key', {
    why,
    cause,
  })
}

/**
 * The SubjectPublicKeyInfo of what transit calls `public_key`: PEM, or the raw key in base64.
 *
 * @throws {@link SealwrightError} `INTEGRITY` if it is not a public key of that type.
 */
function publicKeyOf(type: KeyType, text: unknown): Uint8Array {
  try {
    if (typeof text !== 'string' || text === '') throw new TypeError('no public key')
    const spki = text.startsWith('-----') ? fromPem(text) : spkiOf(type, decodeBase64(text, 'public key'))
    if (keyType(spki) !== type) throw new TypeError('another type')
    return spki
  } catch (cause) {
    throw new SealwrightError('INTEGRITY', 'Vault described a key by a public key that cannot be used', {
      why: `it is not a public key of type ${type}`,
      cause,
    })
  }
}

function fromPem(text: string): Uint8Array {
  const [block, ...others] = decodePem(text, 'public key')
  if (block?.label !== 'PUBLIC KEY' || others.length > 0) throw new TypeError('not one public key')
  return block.bytes
}
