import { isSealwrightError, SealwrightError, type Signer } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'

/** A signer whose refusals name the command that prints what is needed. */
export function withAdvice(signer: Signer, label: string): Signer {
  const { key, algorithm, certificates } = signer
  return {
    key,
    algorithm,
    sign: (message, options) =>
      signer.sign(message, options).catch(error => Promise.reject(advised(error, label))),
    ...(certificates === undefined ? {} : { certificates: options => certificates.call(signer, options) }),
    [Symbol.asyncDispose]: () => signer[Symbol.asyncDispose](),
  }
}

/** A refusal with the command that prints the policy; any other error as it is. */
export function advised(error: unknown, label: string): unknown {
  if (!isSealwrightError(error) || error.code !== 'ACCESS_DENIED') return error
  const { why, fix, requestId } = error
  const doctor = `\`sealwright doctor ${shellQuote(label)}\` prints the policy`
  return new SealwrightError(error.code, error.message, {
    ...(why === undefined ? {} : { why }),
    fix: fix === undefined ? doctor : `${fix}; ${doctor}`,
    ...(requestId === undefined ? {} : { requestId }),
    cause: error,
  })
}
