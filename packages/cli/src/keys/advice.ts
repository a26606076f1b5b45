import { isSealwrightError, SealwrightError, type Signer } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { schemeOf } from './reference.ts'

/** The key that was asked for: what messages call it, and its reference. */
interface Asked {
  readonly label: string
  readonly reference: string
}

/** A signer whose refusals name the command that prints what is needed. */
export function withAdvice(signer: Signer, asked: Asked): Signer {
  const { key, algorithm, certificates } = signer
  return {
    key,
    algorithm,
    sign: (message, options) =>
      signer.sign(message, options).catch(error => Promise.reject(advised(error, asked))),
    ...(certificates === undefined ? {} : { certificates: options => certificates.call(signer, options) }),
    [Symbol.asyncDispose]: () => signer[Symbol.asyncDispose](),
  }
}

/**
 * A refusal of a store with the command that prints the policy it needs, and a key that cannot sign now with what may be done
 * about it. A file has neither policy nor state: the file system refused, and says so itself. Any other error as it is.
 */
export function advised(error: unknown, { label, reference }: Asked): unknown {
  if (!isSealwrightError(error) || schemeOf(reference) === 'file') return error
  const { why, fix, requestId } = error
  const doctor = doctorFor(error, label)
  if (doctor === undefined) return error
  return new SealwrightError(error.code, error.message, {
    ...(why === undefined ? {} : { why }),
    fix: fix === undefined ? doctor : `${fix}; ${doctor}`,
    ...(requestId === undefined ? {} : { requestId }),
    cause: error,
  })
}

function doctorFor({ code, fix }: SealwrightError, label: string): string | undefined {
  if (code === 'ACCESS_DENIED') return `\`sealwright doctor ${shellQuote(label)}\` prints the policy`
  // Disabled, scheduled for deletion, not made yet, expired: a fix that the store's adapter gives knows which.
  if (code === 'KEY_STATE' && fix === undefined)
    return `enable or restore the key with the store's own tool, or sign with another; \`sealwright doctor ${shellQuote(label)}\` shows its state`
  return undefined
}
