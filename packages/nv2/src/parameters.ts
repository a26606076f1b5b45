import {
  type AlgorithmId,
  assertLeafKey,
  isAlgorithmId,
  SealwrightError,
  type SignerIdentity,
} from '@sealwright/core'
import {
  decodeBase64,
  derSequence,
  encodeBase64,
  encodeJson,
  invalid,
  type JsonObject,
  type JsonValue,
  readDer,
} from '@sealwright/core/encoding'
import { isNv2Algorithm, nv2AlgorithmFor } from './algorithm-for.ts'
import { isKeyId, nv2KeyId } from './key-id.ts'

/** The one kind of signature that the prototype's last versions have. */
const TYPE = 'x509'
const MAX_CERTIFICATES = 20
/** Of all certificates, in DER. */
const MAX_CERTIFICATE_BYTES = 1024 * 1024

/** Who signed and how: the members of a signature but for the signature value. */
export interface Parameters {
  readonly algorithm: AlgorithmId
  /** One of `keyId` and `certificates` is present: it identifies the key. */
  readonly keyId?: string
  /** DER, leaf first. */
  readonly certificates?: readonly Uint8Array[]
}

/**
 * Checks the identity of a signer before it signs.
 *
 * @throws {@link SealwrightError} `VALIDATION`, `KEY_MISMATCH`; `UNSUPPORTED` for `onto` and for a key ID that is not computed from the key.
 */
export function parametersOf(identity: SignerIdentity, onto: Uint8Array | undefined): Parameters {
  const { key, algorithm, certificates = [], keyId } = identity
  if (onto !== undefined) {
    throw new SealwrightError('UNSUPPORTED', 'an nv2 envelope holds one signature', {
      fix: 'make a second envelope; an artifact may have any number of them',
    })
  }
  const own = nv2KeyId(key.publicKey)
  if (keyId !== undefined && keyId !== own) {
    throw new SealwrightError('UNSUPPORTED', 'the key ID of nv2 is computed from the key', {
      why: `the ID of this key is ${own}`,
    })
  }
  const prescribed = nv2AlgorithmFor(key)
  if (algorithm !== prescribed) {
    throw new SealwrightError('VALIDATION', `nv2 signs with ${prescribed} by this key, not with ${algorithm}`)
  }
  if (certificates.length === 0) return { algorithm, keyId: own }
  assertLeafKey(certificates, key.publicKey)
  assertFew(certificates, 'nv2')
  return { algorithm, certificates }
}

/** The members as JSON text, `typ` first, then `sig` in the forms that have it there. */
export function encodeParameters({ algorithm, keyId, certificates }: Parameters, signature?: string): string {
  const members: JsonObject = {
    typ: TYPE,
    ...(signature === undefined ? {} : { sig: signature }),
    alg: algorithm,
    ...(keyId === undefined ? {} : { kid: keyId }),
    ...(certificates === undefined ? {} : { x5c: certificates.map(encodeBase64) }),
  }
  return encodeJson(members, { label: 'nv2 signature' })
}

/** Reads the members, and no others: either a key ID or certificates. Throws `VALIDATION`. */
export function readParameters(members: JsonObject, label: string): Parameters {
  const { typ, alg, kid, x5c, ...others } = members
  if (Object.keys(others).length > 0) throw invalid(label, 'a member that a signature does not have')
  if (typ !== TYPE) throw invalid(label, `a signature of another type than ${TYPE}`)
  if (typeof alg !== 'string' || !isAlgorithmId(alg) || !isNv2Algorithm(alg))
    throw invalid(label, 'not an algorithm of nv2')
  if ((kid === undefined) === (x5c === undefined)) throw invalid(label, 'not one of kid and x5c')
  if (x5c !== undefined) return { algorithm: alg, certificates: readCertificates(x5c, label) }
  if (typeof kid !== 'string' || !isKeyId(kid)) throw invalid(label, 'kid is not a key ID')
  return { algorithm: alg, keyId: kid }
}

function readCertificates(value: JsonValue, label: string): readonly Uint8Array[] {
  if (!isTexts(value) || value.length === 0) throw invalid(label, 'x5c is empty or not a list of texts')
  const certificates = value.map((text, index) => decodeBase64(text, `${label}, certificate ${index + 1}`))
  assertFew(certificates, label)
  for (const [index, certificate] of certificates.entries())
    derSequence(readDer(certificate, `${label}, certificate ${index + 1}`), label)
  return certificates
}

function assertFew(certificates: readonly Uint8Array[], label: string): void {
  if (certificates.length > MAX_CERTIFICATES)
    throw invalid(label, `more than ${MAX_CERTIFICATES} certificates`)
  const total = certificates.reduce((sum, { length }) => sum + length, 0)
  if (total > MAX_CERTIFICATE_BYTES)
    throw invalid(label, `certificates of ${total} bytes, more than ${MAX_CERTIFICATE_BYTES}`)
}

function isTexts(value: JsonValue): value is readonly string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}
