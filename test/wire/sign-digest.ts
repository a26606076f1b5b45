import { constants, createHash, type KeyObject, privateEncrypt, randomBytes } from 'node:crypto'

export type Hash = keyof typeof DIGEST_INFO

/** RFC 8017 §9.2, note 1. */
const DIGEST_INFO = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
} as const

export function isHash(name: string): name is Hash {
  return Object.hasOwn(DIGEST_INFO, name)
}

/** RSASSA-PKCS1-v1_5 over a digest: node:crypto signs messages only, and a store is given digests. */
export function signPkcs1(key: KeyObject, hash: Hash, digest: Uint8Array): Buffer {
  const info = Buffer.concat([Buffer.from(DIGEST_INFO[hash], 'hex'), digest])
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, info)
}

/** RSASSA-PSS over a digest, likewise. */
export function signPss(
  key: KeyObject,
  hash: Hash,
  digest: Uint8Array,
  saltLength: number = digest.length,
): Buffer {
  const bits = key.asymmetricKeyDetails!.modulusLength! - 1
  const encoded = emsaPss(hash, digest, bits, saltLength)
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded)
}

/** EMSA-PSS-ENCODE of RFC 8017 §9.1.1, from step 4, for a modulus of `bits` + 1 bits. */
function emsaPss(hash: Hash, digest: Uint8Array, bits: number, saltLength: number): Buffer {
  const length = Math.ceil(bits / 8)
  const salt = randomBytes(saltLength)
  const h = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest()
  const db = Buffer.alloc(length - h.length - 1)
  db[db.length - saltLength - 1] = 1
  salt.copy(db, db.length - saltLength)
  for (let at = 0, count = 0; at < db.length; count++) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(count)
    for (const byte of createHash(hash).update(h).update(counter).digest())
      if (at < db.length) db[at++]! ^= byte
  }
  db[0]! &= 0xff >> (8 * length - bits)
  return Buffer.concat([db, h, Buffer.from([0xbc])])
}
