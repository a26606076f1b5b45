import { crc32c } from '../../src/crc32c.ts'
import { type CryptoKey, type KmsState, purposeOf, type Version } from './kms-state.ts'
import { Refused } from './refused.ts'

/** A message as protobuf has it in JavaScript: bytes are buffers, enumerators names, Int64Value `{ value }`. */
export type Message = Record<string, unknown>

export type Method = keyof typeof OPERATIONS

/** What each method needs, so that least privilege can be proved. */
export const PERMISSIONS: Readonly<Record<Method, string>> = {
  AsymmetricSign: 'cloudkms.cryptoKeyVersions.useToSign',
  GetPublicKey: 'cloudkms.cryptoKeyVersions.viewPublicKey',
  GetCryptoKey: 'cloudkms.cryptoKeys.get',
  GetCryptoKeyVersion: 'cloudkms.cryptoKeyVersions.get',
  CreateCryptoKey: 'cloudkms.cryptoKeys.create',
  CreateCryptoKeyVersion: 'cloudkms.cryptoKeyVersions.create',
  ListKeyRings: 'cloudkms.keyRings.list',
  ListCryptoKeys: 'cloudkms.cryptoKeys.list',
  ListCryptoKeyVersions: 'cloudkms.cryptoKeyVersions.list',
}

/** One face of Cloud KMS for both transports. Which failure comes of what is after Google's own fake of it. */
export function answer(state: KmsState, method: Method, request: Message): Message {
  return OPERATIONS[method](state, request)
}

export function isMethod(name: string): name is Method {
  return Object.hasOwn(OPERATIONS, name)
}

const OPERATIONS = {
  AsymmetricSign: asymmetricSign,
  GetPublicKey: getPublicKey,
  GetCryptoKey: (state: KmsState, { name }: Message) => keyMessage(findKey(state, name)),
  GetCryptoKeyVersion: (state: KmsState, { name }: Message) => {
    const version = findVersion(state, name)
    if (version.state === 'PENDING_GENERATION' && --version.looks < 0) version.state = 'ENABLED'
    return versionMessage(version)
  },
  CreateCryptoKey: createCryptoKey,
  CreateCryptoKeyVersion: (state: KmsState, { parent }: Message) => {
    const key = findKey(state, parent)
    if (key.importOnly) throw new Refused(9, 'the key is import only')
    return versionMessage(state.addVersion(key.name, 'PENDING_GENERATION'))
  },
  ListKeyRings: (state: KmsState, request: Message) => {
    const rings = [...state.keyRings].filter(name => name.startsWith(`${request.parent}/keyRings/`))
    return page(
      state,
      request,
      'keyRings',
      rings.map(name => ({ name })),
    )
  },
  ListCryptoKeys: (state: KmsState, request: Message) => {
    const parent = String(request.parent)
    if (!state.keyRings.has(parent)) throw new Refused(5, `KeyRing ${parent} not found.`)
    const keys = [...state.keys.values()].filter(({ name }) => name.startsWith(`${parent}/cryptoKeys/`))
    return page(state, request, 'cryptoKeys', keys.map(keyMessage))
  },
  ListCryptoKeyVersions: (state: KmsState, request: Message) => {
    const { filter } = request
    if (filter !== undefined && filter !== '' && filter !== 'state=ENABLED')
      throw new Refused(3, 'bad filter')
    const isListed = state.listsMissing && !state.keys.has(String(request.parent))
    const versions = isListed ? [] : findKey(state, request.parent).versions
    const asked = filter ? versions.filter(each => each.state === 'ENABLED') : versions
    return page(state, request, 'cryptoKeyVersions', asked.map(versionMessage))
  },
} as const

function asymmetricSign(state: KmsState, request: Message): Message {
  const version = signingVersion(state, request.name)
  const { digest, data, digestCrc32c, dataCrc32c } = request as {
    digest?: Record<string, Buffer | string>
    data?: Buffer
    digestCrc32c?: { value: unknown }
    dataCrc32c?: { value: unknown }
  }
  const hasData = data !== undefined && (data.length > 0 || !digest)
  if (digest && hasData) throw new Refused(3, 'only one of digest and data may be set')
  if (digestCrc32c && dataCrc32c) throw new Refused(3, 'only one of the checksums may be set')
  const isExternal = version.protectionLevel.startsWith('EXTERNAL')
  const { key } = version
  if (!digest) {
    if (data === undefined) throw new Refused(3, 'either digest or data must be set')
    if (data.length > 64 * 1024) throw new Refused(3, 'data is too long')
    return signed(version, key!.signData(data), { verifiedDataCrc32c: verified('data', data, dataCrc32c) })
  }
  const { digest: member = Object.keys(digest)[0] } = digest as { digest?: string }
  const bytes = digest[member!] as Buffer
  const expected = isExternal ? undefined : key!.digest
  if (expected?.member !== member || expected?.length !== bytes.length) {
    throw new Refused(3, `digest.${member} of ${bytes.length} bytes does not suit ${version.algorithm}`)
  }
  const checked = { verifiedDigestCrc32c: verified('digest', bytes, digestCrc32c) }
  return signed(version, key!.signDigest(bytes), checked)
}

function verified(what: string, bytes: Buffer, checksum: { value: unknown } | undefined | null): boolean {
  if (!checksum) return false
  if (String(checksum.value) !== String(crc32c(bytes))) throw new Refused(3, `invalid ${what} checksum`)
  return true
}

function signed({ name, protectionLevel }: Version, signature: Buffer, checks: Message): Message {
  return { name, signature, signatureCrc32c: checksum(signature), protectionLevel, ...checks }
}

export function checksum(bytes: Uint8Array): { value: string } {
  return { value: String(crc32c(bytes)) }
}

function getPublicKey(state: KmsState, { name, publicKeyFormat }: Message): Message {
  const version = signingVersion(state, name)
  const { algorithm, protectionLevel } = version
  const { spki, raw } = version.key!
  const about = { name, algorithm, protectionLevel }
  if (publicKeyFormat === 'NIST_PQC') {
    if (raw === undefined) throw new Refused(3, 'NIST_PQC format is for PQC algorithms')
    const publicKey = { data: raw, crc32cChecksum: checksum(raw) }
    return { ...about, publicKeyFormat, publicKey }
  }
  if (raw !== undefined) throw new Refused(3, 'Only NIST_PQC format is supported for this algorithm.')
  const pem = pemOf(spki)
  return { ...about, publicKeyFormat: 'PEM', pem, pemCrc32c: checksum(Buffer.from(pem)) }
}

export function pemOf(spki: Buffer): string {
  const lines = spki.toString('base64').match(/.{1,64}/g)!
  return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`
}

function createCryptoKey(state: KmsState, { parent, cryptoKeyId, cryptoKey }: Message): Message {
  const { purpose, versionTemplate } = cryptoKey as {
    purpose: string
    versionTemplate: { algorithm: string; protectionLevel: string }
  }
  if (!state.keyRings.has(String(parent))) throw new Refused(5, `KeyRing ${parent} not found.`)
  if (!/^[A-Za-z0-9_-]{1,63}$/.test(String(cryptoKeyId))) throw new Refused(3, 'bad id')
  const name = `${parent}/cryptoKeys/${cryptoKeyId}`
  if (state.keys.has(name)) throw new Refused(6, `CryptoKey ${name} already exists.`)
  const { algorithm, protectionLevel } = versionTemplate
  if (purposeOf(algorithm) !== purpose) throw new Refused(3, 'the algorithm does not suit the purpose')
  if (algorithm.includes('SECP256K1') && protectionLevel !== 'HSM') throw new Refused(3, 'HSM only')
  state.keys.set(name, { name, purpose, versionTemplate, importOnly: false, versions: [] })
  state.addVersion(name, 'PENDING_GENERATION')
  return keyMessage(state.keys.get(name)!)
}

function signingVersion(state: KmsState, name: unknown): Version {
  const version = findVersion(state, name)
  if (version.state !== 'ENABLED') {
    throw new Refused(9, `${name} is not enabled, current state is: ${version.state}.`)
  }
  if (purposeOf(version.algorithm) !== 'ASYMMETRIC_SIGN') {
    throw new Refused(9, `${name} has a purpose that does not allow this operation.`)
  }
  return version
}

function findKey(state: KmsState, name: unknown): CryptoKey {
  if (!/^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/.test(String(name))) {
    throw new Refused(3, `malformed name: ${name}`)
  }
  const key = state.keys.get(String(name))
  if (key === undefined) throw new Refused(5, `CryptoKey ${name} not found.`)
  return key
}

function findVersion(state: KmsState, name: unknown): Version {
  const match = /^(.+)\/cryptoKeyVersions\/[0-9]+$/.exec(String(name))
  if (match === null) throw new Refused(3, `malformed name: ${name}`)
  const version = findKey(state, match[1]).versions.find(each => each.name === name)
  if (version === undefined) throw new Refused(5, `CryptoKeyVersion ${name} not found.`)
  return version
}

function keyMessage({ name, purpose, versionTemplate, importOnly }: CryptoKey): Message {
  return { name, purpose, versionTemplate, importOnly }
}

function versionMessage({ name, state, algorithm, protectionLevel }: Version): Message {
  return { name, state, algorithm, protectionLevel }
}

function page(
  state: KmsState,
  { pageSize, pageToken }: Message,
  member: string,
  items: readonly Message[],
): Message {
  const from = Number(pageToken || 0)
  const size = Math.min(Number(pageSize) || 100, state.pageMax)
  const isLast = from + size >= items.length
  return {
    [member]: items.slice(from, from + size),
    nextPageToken: isLast ? '' : String(from + size),
    totalSize: items.length,
  }
}
