import type { KeyObject } from 'node:crypto'
import {
  type Algorithm,
  type AlgorithmId,
  algorithms,
  isSealwrightError,
  type KeyType,
  verifySignature,
} from '@sealwright/core'
import { ecdsaFromDer } from '@sealwright/core/encoding'

/** A key that a signature may be of. */
export interface CandidateKey {
  readonly type: KeyType
  /** DER SubjectPublicKeyInfo, or parsed. */
  readonly key: Uint8Array | KeyObject
}

/**
 * The algorithm under which a signature of a DSSE holds with a key; nothing if it holds under none.
 *
 * A DSSE names no algorithm, and the key allows only those of the table, all of them strong: whichever the signer chose is
 * good. ECDSA is taken in DER (sigstore's clients) and as r‖s (DSSE's own example).
 *
 * @throws {@link SealwrightError} `VALIDATION` if the key is unusable; `UNSUPPORTED` if the running Node.js lacks the algorithm.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { type Signer, keyType } from '@sealwright/core'
 * import { holdsUnder, sigstoreBundle } from '@sealwright/sigstore'
 *
 * declare const signer: Signer
 * const key = signer.key.publicKey
 * const [signature] = sigstoreBundle.open(await readFile('app.sigstore.json')).signatures
 * holdsUnder({ type: keyType(key), key }, signature!.toBeSigned, signature!.bytes) // 'ES256'
 * ```
 */
export function holdsUnder(
  { type, key }: CandidateKey,
  toBeSigned: Uint8Array,
  signature: Uint8Array,
): AlgorithmId | undefined {
  return algorithmsFor(type).find(row =>
    spellings(row, signature).some(bytes => verifySignature(row.id, key, toBeSigned, bytes)),
  )?.id
}

/** Those that a signature by a key of this type may be of: each of them is tried. */
export function algorithmsFor(type: KeyType): readonly Algorithm[] {
  return Object.values(algorithms).filter(({ keyTypes }) => keyTypes.includes(type))
}

function spellings({ coordinateLength }: Algorithm, signature: Uint8Array): readonly Uint8Array[] {
  if (coordinateLength === undefined || signature.length === 2 * coordinateLength) return [signature]
  try {
    return [ecdsaFromDer(signature, coordinateLength)]
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return []
    throw error
  }
}
