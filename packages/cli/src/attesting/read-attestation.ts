import { isSealwrightError } from '@sealwright/core'
import { type Attestation, attestationOf, MAX_PREDICATE_BYTES, predicateTypeOf } from '@sealwright/notary'
import type { Context } from '../frame/context.ts'
import { readGiven } from '../frame/read-all.ts'
import { usageError } from '../frame/usage.ts'

/** What is attested, as `--type` and `--predicate` say. Throws `VALIDATION`. */
export async function readAttestation(
  { io }: Context,
  { type, predicate }: { readonly type: string; readonly predicate: string },
): Promise<Attestation> {
  const predicateType = typeOf(type)
  const label = predicate === '-' ? 'stdin' : predicate
  const bytes = await readGiven(io, predicate, MAX_PREDICATE_BYTES, {
    why: 'this is the limit: a predicate is signed whole, and every verifier holds it in memory',
    fix: 'attach the document as it is, with oras attach, and attest a predicate that names its digest',
  })
  try {
    return attestationOf(predicateType, bytes)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    throw usageError(`${label} cannot be attested: ${error.message}`, {
      why: error.why ?? 'a predicate is one JSON object, in UTF-8, with no member twice',
      fix: error.fix ?? 'give the file that was meant',
      cause: error,
    })
  }
}

/** A type of attestation as a flag names it, as a URI. */
export function typeOf(text: string): string {
  try {
    return predicateTypeOf(text)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    throw usageError(error.message, {
      ...(error.why === undefined ? {} : { why: error.why }),
      ...(error.fix === undefined ? {} : { fix: error.fix }),
      cause: error,
    })
  }
}
