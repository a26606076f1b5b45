import { constants, createHash, createPublicKey, verify } from 'node:crypto'
import type { KeyProvider } from '@sealwright/core'
import type { KeyName, Served } from './served.ts'

/** A signature as a store gives it: r‖s or DER where it is ECDSA. */
export interface Bare {
  sign(digest: Buffer): Promise<Uint8Array>
  readonly encoding: 'der' | 'ieee-p1363'
}

/** One store, as we use it and as its SDK does alone. */
export interface Subject extends AsyncDisposable {
  readonly provider: KeyProvider
  reference(name: KeyName): string
  /** The SDK with its own transport and nothing else. */
  bare(name: KeyName): Promise<Bare>
  /** DER SubjectPublicKeyInfo. */
  spki(name: KeyName): Buffer
}

export type MakeSubject = (served: Served) => Promise<Subject>

export const MESSAGE: Buffer = Buffer.from('what every signature of this measurement is of')

export function digest(): Buffer {
  return createHash('sha256').update(MESSAGE).digest()
}

/** The verification that a careful caller of the SDK would write. */
export function verifier(spki: Buffer, encoding: Bare['encoding']): (signature: Uint8Array) => void {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const options =
    key.asymmetricKeyType === 'rsa'
      ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : { key, dsaEncoding: encoding }
  return signature => {
    if (!verify('sha256', MESSAGE, options, signature)) throw new Error('a signature does not verify')
  }
}

export function algorithmOf(name: KeyName): 'PS256' | 'ES256' {
  return name.startsWith('RSA') ? 'PS256' : 'ES256'
}
