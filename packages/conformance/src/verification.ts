import assert from 'node:assert/strict'
import { constants, createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { type Algorithm, type AlgorithmId, algorithms, type RawSignature } from '@sealwright/core'
import { type Halves, halvesOf } from './ecdsa-halves.ts'

interface Subject {
  readonly algorithm: Algorithm
  readonly key: KeyObject
  readonly message: Uint8Array
}

/** Fails unless `raw` is a signature of `message`, in the encoding it says, judged by `node:crypto` alone. */
export function assertRaw(id: AlgorithmId, spki: Uint8Array, message: Uint8Array, raw: RawSignature): void {
  const algorithm = algorithms[id]
  assert.ok(raw?.bytes instanceof Uint8Array, `${id}: the signature is not a Uint8Array`)
  assert.ok(raw.encoding === 'raw' || raw.encoding === 'der', `${id}: the signature has no encoding`)
  if (algorithm.family !== 'ECDSA') assert.equal(raw.encoding, 'raw', `${id} has no DER encoding`)
  assertBytes(id, { spki, message, bytes: raw.bytes, encoding: raw.encoding })
}

/** As {@link assertRaw}, for a signature as a Signer releases it: ECDSA as r‖s. */
export function assertSignature(
  id: AlgorithmId,
  spki: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): void {
  assertBytes(id, { spki, message, bytes: signature, encoding: 'raw' })
}

function assertBytes(
  id: AlgorithmId,
  {
    spki,
    message,
    bytes,
    encoding,
  }: {
    readonly spki: Uint8Array
    readonly message: Uint8Array
    readonly bytes: Uint8Array
    readonly encoding: 'raw' | 'der'
  },
): void {
  const algorithm = algorithms[id]
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  const subject = { algorithm, key, message }
  if (algorithm.family === 'ECDSA') {
    const halves = halvesOf(algorithm, bytes, encoding)
    assertInRange(algorithm, halves)
  } else {
    const length = algorithm.signatureLength ?? Math.ceil(key.asymmetricKeyDetails!.modulusLength! / 8)
    assert.equal(bytes.length, length, `${id}: the signature is ${bytes.length} bytes long, not ${length}`)
  }
  if (!holds(subject, bytes, encoding, algorithm.digestLength)) {
    assert.fail(`${id}: the signature does not verify${suspicion(subject, bytes, encoding)}`)
  }
}

function assertInRange(algorithm: Algorithm, { r, s }: Halves): void {
  const order = ORDERS[algorithm.keyTypes[0] as keyof typeof ORDERS]
  for (const [name, value] of Object.entries({ r, s })) {
    assert.ok(value > 0n && value < order, `${algorithm.id}: ${name} is not in 1..n-1`)
  }
}

function holds(
  { algorithm, key, message }: Subject,
  signature: Uint8Array,
  encoding: 'raw' | 'der',
  saltLength: number | undefined,
): boolean {
  const options =
    algorithm.family === 'RSASSA-PSS'
      ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltLength! }
      : algorithm.family === 'ECDSA'
        ? { key, dsaEncoding: encoding === 'der' ? ('der' as const) : ('ieee-p1363' as const) }
        : { key }
  return verify(algorithm.hash ?? null, message, options, signature)
}

/** The mistakes that are made most, looked for to name them. */
function suspicion(subject: Subject, bytes: Uint8Array, encoding: 'raw' | 'der'): string {
  const { algorithm, message } = subject
  const { hash, digestLength } = algorithm
  if (hash === undefined) return ''
  const digest = createHash(hash).update(message).digest()
  if (holds({ ...subject, message: digest }, bytes, encoding, digestLength)) {
    return ': the digest was hashed once more'
  }
  const isPss = algorithm.family === 'RSASSA-PSS'
  if (isPss && holds(subject, bytes, encoding, constants.RSA_PSS_SALTLEN_AUTO)) {
    return ': its salt is not as long as the digest'
  }
  return ''
}

/** Orders of the groups (SEC 2). */
const ORDERS = {
  'EC-P256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'EC-P384':
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  'EC-P521':
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  'EC-secp256k1': 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
} as const
