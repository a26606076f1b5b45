import { SealwrightError } from '@sealwright/core'
import { decodeJson, decodeUtf8, isJsonObject } from '@sealwright/core/encoding'
import { PREDICATE_LIMITS, type StatementPredicate } from '@sealwright/sigstore'
import { predicateFault } from './predicate-type.ts'

/** As much as is attested at once: with base64 around it, it stays within what is read of an envelope. */
export const MAX_PREDICATE_BYTES: number = 16 * 1024 * 1024

/** What is said of an artifact; made by {@link attestationOf}. */
export type Attestation = StatementPredicate

/**
 * Checks a predicate and its type, for {@link attestArtifact}.
 *
 * @param predicate - UTF-8 JSON, one object, at most {@link MAX_PREDICATE_BYTES}.
 * @throws {@link SealwrightError} `VALIDATION` if it is not a JSON object, or is clearly of another predicate type.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { attestationOf, predicateTypeOf } from '@sealwright/notary'
 *
 * const attestation = attestationOf(predicateTypeOf('spdx'), await readFile('sbom.spdx.json'))
 * ```
 */
export function attestationOf(predicateType: string, predicate: Uint8Array): Attestation {
  const label = 'the predicate'
  const value = decodeJson(predicate, {
    label,
    maxBytes: MAX_PREDICATE_BYTES,
    ...PREDICATE_LIMITS,
  })
  if (!isJsonObject(value)) throw new SealwrightError('VALIDATION', `${label} is not a JSON object`)
  const fault = predicateFault(predicateType, value)
  if (fault !== undefined) {
    throw new SealwrightError('VALIDATION', `${label} is not of the type ${predicateType}`, {
      why: fault,
      fix: 'give the file that was meant, or its own type',
    })
  }
  return { predicateType, predicate: decodeUtf8(predicate, label).trim() }
}
