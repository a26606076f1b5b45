import type { KeyObject } from 'node:crypto'
import type { Algorithm } from '../algorithm.ts'
import type { CallOptions } from '../call.ts'
import { ecdsaFromDer, isEcdsaInRange } from '../encoding/ecdsa.ts'
import { isSealwrightError, SealwrightError } from '../errors.ts'
import type { KeyDescriptor } from '../key.ts'
import type { KeyHandle, KeyProvider, RawSignature, StreamedSignature } from '../provider.ts'
import { signatureLength } from '../public-key.ts'
import type { AuditRecord, Message, OpenOptions, Signature } from '../signer.ts'
import { adapterFault, attempt, gerundOf } from './failure.ts'
import { checkMessage, type ReadMessage, readMessage } from './read-message.ts'
import type { Scope } from './scope.ts'
import { type TraceContext, traced, tracedSync } from './trace.ts'

/** An opened key with all that its signatures need. */
export interface OpenKey extends Pick<OpenOptions, 'limiter' | 'audit'> {
  readonly provider: KeyProvider
  readonly handle: KeyHandle
  readonly key: KeyDescriptor
  readonly publicKey: KeyObject
  readonly algorithm: Algorithm
  readonly fingerprint: string
}

/** The time a call may take by default, in milliseconds. */
export const TIMEOUT = { default: 30_000, withPresence: 120_000 } as const

/** The pipeline: every signature of every store passes these steps, in this order. */
export async function signMessage(
  open: OpenKey,
  message: Message,
  { timeoutMs = defaultTimeoutMs(open.key), onPresence }: CallOptions,
  scope: Scope,
): Promise<Signature> {
  const { key, algorithm } = open
  const accepts = key.algorithms[algorithm.id]!
  const beginSign = streaming(open)
  const context: TraceContext = {
    operation: 'sign',
    provider: open.provider.name,
    reference: key.reference,
    algorithm: algorithm.id,
  }
  tracedSync('check', context, () => {
    scope.throwIfEnded()
    checkMessage(algorithm, accepts, message, beginSign !== undefined)
  })
  const reading = { algorithm, accepts, spki: key.publicKey, publicKey: open.publicKey, beginSign }
  const read = await traced('read', context, () => readMessage(reading, message, scope))
  return traced('deadline', context, async () => {
    scope.startDeadline(timeoutMs, gerundOf('sign', key.reference))
    if (key.presence !== undefined) onPresence?.(key)
    const signature = await signRead(open, read, context, scope)
    const { audit } = open
    if (audit !== undefined) {
      const entry = { reference: key.reference, fingerprint: open.fingerprint, signature }
      await traced('audit', context, () => record(audit, entry, scope))
    }
    return signature
  })
}

/** How a message is handed over in chunks, if the store hashes it for this algorithm. */
function streaming({ handle, algorithm }: OpenKey): (() => StreamedSignature) | undefined {
  if (algorithm.hash === undefined || typeof handle.beginSign !== 'function') return undefined
  return () => handle.beginSign!(algorithm)
}

export function defaultTimeoutMs(key: KeyDescriptor): number {
  return key.presence === undefined ? TIMEOUT.default : TIMEOUT.withPresence
}

async function signRead(
  open: OpenKey,
  read: ReadMessage,
  context: TraceContext,
  scope: Scope,
): Promise<Signature> {
  const { provider, handle, key, algorithm, publicKey } = open
  const raw = await attempt<RawSignature>({
    provider,
    limiter: open.limiter,
    scope,
    context,
    // What was hashed as it arrived is signed once.
    repeatable: key.presence === undefined && !('streamed' in read),
    call: call =>
      'streamed' in read
        ? read.streamed.sign(call)
        : // A fresh copy each time: an adapter that writes into it changes neither a second attempt nor what is verified.
          handle.signRaw({ algorithm, input: read.input, bytes: new Uint8Array(read.bytes) }, call),
  })
  assertRawSignature(provider, raw)
  tracedSync('same-key', context, () => assertSameKey(provider, key, raw))
  const bytes = tracedSync('encode', context, () => encodeSignature(provider, algorithm, publicKey, raw))
  tracedSync('verify', context, () => {
    if (!read.verify(bytes)) throw doesNotVerify(open, raw)
  })
  return { bytes, algorithm: algorithm.id, key, requestId: raw.requestId, certificates: raw.certificates }
}

function doesNotVerify(
  { provider, key, algorithm, fingerprint }: OpenKey,
  raw: RawSignature,
): SealwrightError {
  return new SealwrightError('INTEGRITY', `what key store "${provider.name}" returned does not verify`, {
    why: `not an ${algorithm.id} signature of the message under ${key.reference} (public key ${fingerprint})`,
    fix: 'report it to whoever runs or wrote this key store; the signature was discarded',
    requestId: raw.requestId,
  })
}

/**
 * Puts a signature on record, and waits for it: what is not on record is not released.
 *
 * @throws {@link SealwrightError} The recorder's own, else `UNAVAILABLE`.
 */
async function record(
  audit: NonNullable<OpenOptions['audit']>,
  entry: AuditRecord,
  scope: Scope,
): Promise<void> {
  const started = async () => audit(entry)
  try {
    await scope.wait(started())
  } catch (error) {
    if (isSealwrightError(error)) throw error
    throw new SealwrightError('UNAVAILABLE', 'the signature was withheld: it could not be put on record', {
      cause: error,
    })
  }
}

/**
 * Checks that the key version a store says it used is the one that was opened.
 *
 * @throws {@link SealwrightError} `KEY_MISMATCH` for another key; `INTERNAL` if the reference is not a string.
 */
function assertSameKey(provider: KeyProvider, key: KeyDescriptor, raw: RawSignature): void {
  if (raw.reference === undefined || raw.reference === key.reference) return
  let used: string
  try {
    used = provider.canonical(raw.reference)
  } catch (cause) {
    throw adapterFault(provider, 'named the key that it used in a way that it cannot read', cause)
  }
  if (used === key.reference) return
  throw new SealwrightError(
    'KEY_MISMATCH',
    `key store "${provider.name}" signed with another key than was opened`,
    {
      why: `opened ${key.reference}, used ${used}`,
      fix: 'open a reference that names the version; the signature was discarded',
      requestId: raw.requestId,
    },
  )
}

/** @throws {@link SealwrightError} `INTERNAL` unless `raw` has the shape of a RawSignature. */
function assertRawSignature(provider: KeyProvider, raw: RawSignature): void {
  const isShaped =
    typeof raw === 'object' &&
    raw !== null &&
    raw.bytes instanceof Uint8Array &&
    (raw.encoding === 'der' || raw.encoding === 'raw') &&
    (raw.requestId === undefined || typeof raw.requestId === 'string') &&
    (raw.reference === undefined || typeof raw.reference === 'string') &&
    (raw.certificates === undefined || isCertificates(raw.certificates))
  if (!isShaped) throw adapterFault(provider, 'returned something else than a raw signature')
}

/** Whether `value` is a list of byte strings; what is in them is for the format to judge. */
export function isCertificates(value: unknown): value is readonly Uint8Array[] {
  return Array.isArray(value) && value.every(each => each instanceof Uint8Array)
}

/**
 * Brings a store's signature into the one form: ECDSA as r‖s, each left-padded to the curve's length; all else as it is.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for what cannot be a signature of this algorithm and key.
 */
function encodeSignature(
  provider: KeyProvider,
  algorithm: Algorithm,
  publicKey: KeyObject,
  raw: RawSignature,
): Uint8Array {
  const broken = (what: string, cause?: unknown) =>
    adapterFault(provider, `returned ${what} instead of an ${algorithm.id} signature`, cause, 'INTEGRITY')
  if (algorithm.family !== 'ECDSA') {
    if (raw.encoding === 'der') throw broken('DER')
    const length = signatureLength(algorithm, publicKey)
    if (raw.bytes.length !== length) throw broken(`${raw.bytes.length} bytes (expected ${length})`)
    return new Uint8Array(raw.bytes)
  }
  const { coordinateLength } = algorithm as Algorithm & { readonly coordinateLength: number }
  let rs: Uint8Array
  if (raw.encoding === 'raw') {
    if (raw.bytes.length !== 2 * coordinateLength) {
      throw broken(`${raw.bytes.length} bytes (expected r‖s of ${2 * coordinateLength})`)
    }
    rs = new Uint8Array(raw.bytes)
  } else {
    try {
      rs = ecdsaFromDer(raw.bytes, coordinateLength)
    } catch (cause) {
      throw broken('bytes that are not strict DER', cause)
    }
  }
  if (!isEcdsaInRange(rs, algorithm.keyTypes[0]!)) throw broken('numbers outside 1..n-1')
  return rs
}
