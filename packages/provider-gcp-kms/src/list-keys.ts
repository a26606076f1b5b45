import type { Call } from '@sealwright/core'
import { rowOf } from './algorithms.ts'
import type { Kms } from './client.ts'
import type { Connection } from './connection.ts'
import { pagesOf } from './pages.ts'
import { parsePrefix, referenceTo } from './reference.ts'

const PAGE = 100

/**
 * The keys that sign, without a version, of key rings whose names begin so; or the enabled versions of one key. Page by
 * page, as they are asked for.
 *
 * @param prefix - `gcpkms://projects/P/locations/L/`, perhaps with the beginning of the rest behind it.
 */
export async function* listKeys(
  connection: Connection,
  prefix: string | undefined,
  call: Call,
): AsyncIterable<string> {
  const { parent, children, prefix: beginning } = parsePrefix(prefix)
  const kms = await connection.kms(call)
  if (children === 'cryptoKeyVersions') return yield* versions(kms, parent, call)
  if (children === 'cryptoKeys') return yield* keys(kms, parent, beginning, call)
  const errand = { doing: 'list the key rings of', name: parent, call }
  for await (const { name } of pagesOf(errand, token =>
    kms.listKeyRings({ parent, pageSize: PAGE, ...token }, call),
  )) {
    if (name && lastOf(name).startsWith(beginning)) yield* keys(kms, name, '', call)
  }
}

async function* keys(kms: Kms, parent: string, beginning: string, call: Call): AsyncIterable<string> {
  const errand = { doing: 'list the keys of', name: parent, call }
  for await (const { name, purpose, versionTemplate } of pagesOf(errand, token =>
    kms.listCryptoKeys({ parent, pageSize: PAGE, ...token }, call),
  )) {
    if (!name || purpose !== 'ASYMMETRIC_SIGN' || rowOf(versionTemplate?.algorithm) === undefined) continue
    if (lastOf(name).startsWith(beginning)) yield referenceTo(name)
  }
}

async function* versions(kms: Kms, parent: string, call: Call): AsyncIterable<string> {
  const errand = { doing: 'list the versions of', name: parent, call }
  const request = { parent, filter: 'state=ENABLED', pageSize: PAGE }
  for await (const { name, state, algorithm } of pagesOf(errand, token =>
    kms.listCryptoKeyVersions({ ...request, ...token }, call),
  )) {
    if (name && state === 'ENABLED' && rowOf(algorithm) !== undefined) yield referenceTo(name)
  }
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}
