import { createHash } from 'node:crypto'
import { SealwrightError } from '@sealwright/core'

export type DigestAlgorithm = 'sha256' | 'sha384' | 'sha512'

/** A digest taken apart. */
export interface Digest {
  readonly algorithm: DigestAlgorithm
  /** Lower case. */
  readonly hex: string
}

const HEX_LENGTH: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha384: 96, sha512: 128 }
const DIGEST = /^(sha256|sha384|sha512):([0-9a-f]+)$/

/**
 * Reads `<algorithm>:<hex>` (image-spec `descriptor.md`): SHA-256, SHA-384 or SHA-512, lower case, full length. Nothing
 * else names content here, so a digest that passed can stand in a path or a URL as it is.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseDigest(text: string): Digest {
  const match = DIGEST.exec(text)
  const algorithm = match?.[1] as DigestAlgorithm | undefined
  const hex = match?.[2]
  if (algorithm === undefined || hex?.length !== HEX_LENGTH[algorithm]) {
    throw new SealwrightError('VALIDATION', `${JSON.stringify(text.slice(0, 160))} is not a digest`, {
      why: 'a digest is sha256:, sha384: or sha512: and the whole hash in lower-case hexadecimal',
    })
  }
  return { algorithm, hex }
}

/** Whether {@link parseDigest} would read it. */
export function isDigest(text: string): boolean {
  const match = DIGEST.exec(text)
  return match !== null && match[2]!.length === HEX_LENGTH[match[1] as DigestAlgorithm]
}

/** The digest of `bytes` as `<algorithm>:<hex>`. */
export function digestOf(algorithm: DigestAlgorithm, bytes: Uint8Array): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}
