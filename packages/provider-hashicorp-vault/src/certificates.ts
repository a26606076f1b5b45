import { type Call, SealwrightError } from '@sealwright/core'
import { decodePem, encodePem, type JsonObject } from '@sealwright/core/encoding'
import { pathOf, readKey, versionOf } from './key-info.ts'
import type { KeyReference } from './reference.ts'
import type { Vault } from './vault.ts'

/**
 * The certificates that transit keeps with a version of a key: DER, leaf first; `undefined` where there are none.
 *
 * @throws {@link SealwrightError} `INTEGRITY` if the text is not certificates in PEM.
 */
export function chainOf({ certificate_chain: text }: JsonObject): readonly Uint8Array[] | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  try {
    const blocks = decodePem(text, 'certificate chain')
    if (blocks.length === 0 || blocks.some(({ label }) => label !== 'CERTIFICATE'))
      throw new TypeError('no certificates')
    return blocks.map(({ bytes }) => bytes)
  } catch (cause) {
    throw new SealwrightError('INTEGRITY', 'Vault keeps something else than certificates with the key', {
      cause,
    })
  }
}

/** Puts a chain beside a version of a key; Vault refuses one whose leaf is of another key. */
export async function attachCertificates(
  vault: Vault,
  given: KeyReference,
  chain: readonly Uint8Array[],
  call: Call,
): Promise<void> {
  const { reference } = versionOf(await readKey(vault, given, call))
  const body = {
    certificate_chain: chain.map(bytes => encodePem('CERTIFICATE', bytes)).join(''),
    version: reference.version,
  }
  const path = pathOf(reference, 'keys', '/set-certificate')
  await vault.request({ method: 'POST', path, body, namespace: reference.namespace }, call)
}
