import { type Call, type KeyHandle, SealwrightError } from '@sealwright/core'
import { keyHandle } from './key-handle.ts'
import { type KeyInfo, readKey, versionOf } from './key-info.ts'
import { acceptsOf } from './key-types.ts'
import { publicKeyOf } from './public-key.ts'
import { formatReference, type KeyReference } from './reference.ts'
import type { Vault } from './vault.ts'

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
