import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { der } from '../src/encoding/index.ts'

const ECDSA_SHA256 = der.sequence(der.oid('1.2.840.10045.4.3.2'))
const ED25519 = der.sequence(der.oid('1.3.101.112'))
const RSA_SHA256 = der.sequence(der.oid('1.2.840.113549.1.1.11'), der.nul())

/** A self-signed certificate: enough for an envelope, which does not judge profiles. */
export function selfSigned(key: KeyObject, commonName = 'Envelope test'): Uint8Array {
  const isEd25519 = key.asymmetricKeyType === 'ed25519'
  const algorithm = isEd25519 ? ED25519 : key.asymmetricKeyType === 'rsa' ? RSA_SHA256 : ECDSA_SHA256
  const name = der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.utf8String(commonName))))
  const tbs = der.sequence(
    der.explicit(0, der.integer(2)),
    der.integer(1),
    algorithm,
    name,
    der.sequence(der.time(new Date('2025-01-01')), der.time(new Date('2055-01-01'))),
    name,
    der.raw(createPublicKey(key).export({ type: 'spki', format: 'der' })),
  )
  return der.sequence(tbs, algorithm, der.bitString(sign(isEd25519 ? null : 'sha256', tbs, key)))
}
