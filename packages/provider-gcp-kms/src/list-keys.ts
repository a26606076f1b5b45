import { type Call, type ListedKey, SealwrightError } from '@sealwright/core'
import { type Row, rowOf } from './algorithms.ts'
import type { CryptoKey, Kms } from './client.ts'
import type { Connection } from './connection.ts'
import { pagesOf } from './pages.ts'
import { protectionOf } from './public-key.ts'
import { parsePrefix, referenceTo } from './reference.ts'

const PAGE = 100

/**
 * Lists the keys that sign, without a version, of key rings whose names begin so; or the enabled versions of one key. Page
 * by page, as they are asked for.
 *
 * @param prefix - `gcpkms://projects/P/locations/L/`, perhaps with the beginning of the rest behind it.
 */
export async function* listKeys(
  connection: Connection,
  prefix: string | undefined,
  call: Call,
): AsyncIterable<ListedKey> {
  const { parent, children, prefix: beginning } = parsePrefix(prefix)
  const kms = await connection.kms(call)
  if (children === 'cryptoKeyVersions') return yield* versions(kms, parent, call)
  if (children === 'cryptoKeys') return yield* keys(kms, parent, beginning, call)
  let isKnown = false
  for await (const { name } of pagesOf(parent, token =>
    kms.listKeyRings({ parent, pageSize: PAGE, ...token }, call),
  )) {
    if (!name || !lastOf(name).startsWith(beginning)) continue
    isKnown = true
    yield* keys(kms, name, '', call)
  }
  if (!isKnown && beginning !== '') throw nothing('no key ring', beginning, `${parent}/`)
}

async function* keys(kms: Kms, parent: string, beginning: string, call: Call): AsyncIterable<ListedKey> {
  let isEmpty = true
  for await (const { name, purpose, versionTemplate, createTime } of pagesOf(parent, token =>
    kms.listCryptoKeys({ parent, pageSize: PAGE, ...token }, call),
  )) {
    const row = rowOf(versionTemplate?.algorithm)
    if (!name || purpose !== 'ASYMMETRIC_SIGN' || row === undefined) continue
    if (!lastOf(name).startsWith(beginning)) continue
    isEmpty = false
    yield listedKey(name, row, versionTemplate?.protectionLevel, createTime)
  }
  if (isEmpty && beginning !== '') throw nothing('no key that signs', beginning, `${parent}/`)
}

async function* versions(kms: Kms, parent: string, call: Call): AsyncIterable<ListedKey> {
  const request = { parent, filter: 'state=ENABLED', pageSize: PAGE }
  for await (const { name, state, algorithm, protectionLevel, createTime } of pagesOf(parent, token =>
    kms.listCryptoKeyVersions({ ...request, ...token }, call),
  )) {
    const row = rowOf(algorithm)
    if (!name || state !== 'ENABLED' || row === undefined) continue
    yield { ...listedKey(name, row, protectionLevel, createTime), state: 'enabled' }
  }
}

function listedKey(
  name: string,
  { type, ids }: Row,
  protectionLevel: unknown,
  createTime: CryptoKey['createTime'],
): ListedKey {
  const seconds = Number(createTime?.seconds ?? Number.NaN)
  return {
    reference: referenceTo(name),
    type,
    algorithms: ids,
    ...(Number.isFinite(seconds) ? { created: new Date(1000 * seconds) } : {}),
    protection: protectionOf(protectionLevel),
  }
}

function nothing(what: string, beginning: string, all: string): SealwrightError {
  return new SealwrightError('NOT_FOUND', `${what} in ${all} begins with ${beginning}`, {
    fix: `list them all: ${referenceTo(all)}`,
  })
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}
