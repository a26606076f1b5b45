import type { AlgorithmId } from './algorithm.ts'
import type { CallOptions } from './call.ts'
import type { EnvelopeFormat, Evidence, Prepared, Seal, SealOptions, SignerIdentity } from './envelope.ts'
import { isSealwrightError, SealwrightError } from './errors.ts'
import type { KeyDescriptor } from './key.ts'
import { assertTimeout, openScope } from './pipeline/scope.ts'
import { defaultTimeoutMs } from './pipeline/sign-message.ts'
import type { Signature, Signer } from './signer.ts'

/**
 * Signs content into an envelope: the format says which bytes, the signer signs them, countersignatures are added, and
 * the format closes the envelope.
 *
 * `certificates` are the option's, else the store's where the signer has any. One deadline spans the certificates, the
 * signature and the countersignatures.
 *
 * @throws {@link SealwrightError} `VALIDATION` when the signer was opened for another algorithm than the format prescribes
 * for its key, and all that the format, the signer and `countersign` report.
 *
 * @example
 * ```ts
 * import { type Signer, seal } from '@sealwright/core'
 * import { dsse } from '@sealwright/core/dsse'
 *
 * declare const signer: Signer
 * const content = { payloadType: 'text/plain', payload: new TextEncoder().encode('hello') }
 * const { mediaType, bytes } = await seal(dsse, content, signer, { attributes: {} })
 * ```
 */
export const seal: Seal = async (format, content, signer, options) => {
  assertPrescribed(format, signer)
  const asks = options.certificates === undefined && signer.certificates !== undefined
  if (!asks && options.countersign === undefined) {
    const prepared = format.prepare(content, options.attributes, identityOf(signer, options), options.onto)
    return close(format.mediaType, prepared, await signer.sign(prepared.toBeSigned, callOf(options)), {})
  }

  const { timeoutMs = defaultTimeoutMs(signer.key) } = options
  assertTimeout(timeoutMs)
  const scope = openScope(options.signal)
  const call = (): CallOptions => ({
    ...callOf(options),
    signal: scope.signal,
    timeoutMs: Math.max(1, scope.remainingMs()),
  })
  try {
    scope.startDeadline(timeoutMs, `sealing with ${signer.key.reference}`)
    scope.throwIfEnded()
    const stored = asks ? await signer.certificates!(call()) : undefined
    const identity = identityOf(signer, stored?.length ? { ...options, certificates: stored } : options)
    const prepared = format.prepare(content, options.attributes, identity, options.onto)
    const signature = await signer.sign(prepared.toBeSigned, call())
    const { countersign } = options
    const evidence = countersign ? await scope.wait(countersigned(countersign, signature, call())) : {}
    return close(format.mediaType, prepared, signature, evidence)
  } finally {
    scope.close()
  }
}

type Prescribing = Pick<EnvelopeFormat<unknown, unknown>, 'mediaType' | 'algorithmFor'>

function close(mediaType: string, prepared: Prepared, signature: Signature, evidence: Evidence) {
  return { mediaType, bytes: prepared.close(signature, evidence) }
}

async function countersigned(
  countersign: NonNullable<SealOptions<unknown>['countersign']>,
  signature: Signature,
  call: CallOptions,
): Promise<Evidence> {
  try {
    return await countersign(signature, call)
  } catch (error) {
    if (isSealwrightError(error)) throw error
    throw new SealwrightError('UNAVAILABLE', 'the signature could not be countersigned', { cause: error })
  }
}

function assertPrescribed(format: Prescribing, { key, algorithm }: Signer): void {
  const prescribed = prescribedFor(format, key)
  if (prescribed === undefined || prescribed === algorithm.id) return
  throw new SealwrightError(
    'VALIDATION',
    `${format.mediaType} is not signed with ${algorithm.id} by this key`,
    {
      why: `the format prescribes ${prescribed} for ${key.reference}`,
      fix: `open the signer with the algorithm ${prescribed}`,
    },
  )
}

/** A format that prescribes nothing for a key says so by `VALIDATION`. */
function prescribedFor(format: Prescribing, key: KeyDescriptor): AlgorithmId | undefined {
  try {
    return format.algorithmFor(key)
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return undefined
    throw error
  }
}

function identityOf(
  { key, algorithm }: Signer,
  { keyId, certificates }: Pick<SealOptions<unknown>, 'keyId' | 'certificates'>,
): SignerIdentity {
  return { key, algorithm: algorithm.id, keyId, certificates }
}

function callOf({ signal, timeoutMs, onPresence }: CallOptions): CallOptions {
  return { signal, timeoutMs, onPresence }
}
