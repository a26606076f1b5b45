import {
  type Algorithm,
  type Call,
  type KeyDescriptor,
  type KeyHandle,
  SealwrightError,
  type SignRequest,
} from '@sealwright/core'
import { der } from '@sealwright/core/encoding'
import { acceptedBy, type Row, signingRow } from './algorithms.ts'
import type { CryptoKeyVersion, Kms, SignRequest as KmsRequest } from './client.ts'
import { crc32c } from './crc32c.ts'
import { classify } from './failure.ts'
import { assertChecksum, assertName, assertVerified, damaged } from './integrity.ts'
import { withState } from './key-state.ts'
import { pagesOf } from './pages.ts'
import { readPublicKey } from './public-key.ts'
import { isSameResource, isVersionName, type KeyReference, referenceTo, versionName } from './reference.ts'

/**
 * Opens one version of a key. Without a version in the reference it is the enabled one with the highest number, looked up
 * here, once: keys that sign have no primary version.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for an answer that was damaged or is another key's, `UNSUPPORTED` for a key
 * that does not sign, `KEY_STATE` for one that may not now.
 */
export async function openKey(kms: Kms, reference: KeyReference, call: Call): Promise<KeyHandle> {
  const { name, algorithm } =
    reference.version === undefined
      ? await newestEnabled(kms, reference.key, call)
      : { name: versionName(reference.key, reference.version), algorithm: undefined }
  const { publicKey, row, protection, name: actual } = await readPublicKey(kms, name, algorithm, call)
  const descriptor = {
    reference: referenceTo(actual),
    publicKey,
    algorithms: acceptedBy(row, protection),
    protection,
  }
  return keyHandle(kms, actual, row, descriptor)
}

async function newestEnabled(
  kms: Kms,
  key: string,
  call: Call,
): Promise<{ readonly name: string; readonly algorithm: unknown }> {
  let newest: CryptoKeyVersion | undefined
  const request = { parent: key, filter: 'state=ENABLED' }
  for await (const version of pagesOf(key, token =>
    kms.listCryptoKeyVersions({ ...request, ...token }, call),
  )) {
    if (version.state !== 'ENABLED') continue
    if (newest === undefined || numberOf(version) > numberOf(newest)) newest = version
  }
  if (newest === undefined) {
    await assertThere(kms, key, call)
    throw new SealwrightError('KEY_STATE', `no version of ${key} can sign`, {
      why: 'none is enabled',
      fix: 'enable a version, or make another',
    })
  }
  const { name, algorithm } = newest
  if (!isVersionName(name) || !isSameResource(key, keyOf(name))) {
    throw damaged(key, 'it lists a version of another key')
  }
  signingRow(name, algorithm)
  return { name, algorithm }
}

/** Cloud KMS says NOT_FOUND to who lists the versions of a key that is not there; emulators list none. */
async function assertThere(kms: Kms, key: string, call: Call): Promise<void> {
  try {
    await kms.getCryptoKey({ name: key }, call)
  } catch (error) {
    // Opening needs no right to look at the key itself.
    if (classify(error)?.code === 'ACCESS_DENIED') return
    throw error
  }
}

function keyOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/cryptoKeyVersions/'))
}

function numberOf({ name }: CryptoKeyVersion): bigint {
  return isVersionName(name) ? BigInt(name.slice(name.lastIndexOf('/') + 1)) : -1n
}

/** A handle on one version, by its resource name. It holds nothing: connections are the provider's. */
function keyHandle(kms: Kms, name: string, row: Row, key: KeyDescriptor): KeyHandle {
  return {
    key,
    signRaw: async (request, call) => {
      const message = requestOf(name, row, request)
      const reply = await withState(kms, name, call, () => kms.asymmetricSign(message, call))
      assertName(name, reply.name)
      assertVerified(name, message.digest ? reply.verifiedDigestCrc32c : reply.verifiedDataCrc32c)
      const { signature } = reply
      if (!(signature instanceof Uint8Array) || signature.length === 0) {
        throw damaged(name, 'it holds no signature')
      }
      assertChecksum(name, 'signature', signature, reply.signatureCrc32c)
      return {
        bytes: signature,
        encoding: request.algorithm.family === 'ECDSA' ? 'der' : 'raw',
        reference: referenceTo(reply.name),
      }
    },
  }
}

function requestOf(name: string, row: Row, { algorithm, input, bytes }: SignRequest): KmsRequest {
  switch (input) {
    case 'message':
      return { name, data: bytes, dataCrc32c: { value: crc32c(bytes) } }
    case 'mu':
      return { name, digest: { externalMu: bytes }, digestCrc32c: { value: crc32c(bytes) } }
    case 'digest': {
      const { hash, digestLength, id } = algorithm
      if (hash === undefined || bytes.length !== digestLength) {
        throw new SealwrightError('VALIDATION', `this is not a digest for ${id}`)
      }
      if (row.input !== 'digestInfo') {
        return { name, digest: { [hash]: bytes }, digestCrc32c: { value: crc32c(bytes) } }
      }
      const data = digestInfo(hash, bytes)
      return { name, data, dataCrc32c: { value: crc32c(data) } }
    }
  }
}

/** RFC 8017, appendix A.2.4. */
const OIDS: Readonly<Record<NonNullable<Algorithm['hash']>, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
}

/** `DigestInfo` (RFC 8017 §9.2): what is padded by RSASSA-PKCS1-v1_5. */
function digestInfo(hash: NonNullable<Algorithm['hash']>, digest: Uint8Array): Uint8Array {
  return der.sequence(der.sequence(der.oid(OIDS[hash]), der.nul()), der.octetString(digest))
}
