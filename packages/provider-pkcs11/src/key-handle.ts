import {
  type Call,
  isSealwrightError,
  type KeyHandle,
  type RawSignature,
  SealwrightError,
  type SignRequest,
} from '@sealwright/core'
import { untilAborted } from '@sealwright/core/adapter'
import { certificatesOf } from './certificates.ts'
import { type Connection, type Connections, gone } from './connections.ts'
import { isLost, isStaleHandle } from './failure.ts'
import { type FoundKey, findKey } from './find-key.ts'
import { acceptsOf, type SigningMechanism } from './mechanisms.ts'
import { type AskPin, askPin } from './pin.ts'
import type { KeySelector } from './reference.ts'
import { flagsOf } from './tokens.ts'

export interface OpenKeyOptions {
  readonly connections: Connections
  readonly pin: AskPin | undefined
  readonly reference: string
  readonly selector: KeySelector
}

/** Opens the key that a reference names. Its object handle is looked up again whenever the token has forgotten it. */
export async function openKey(options: OpenKeyOptions, call: Call): Promise<KeyHandle> {
  const { connections, reference, selector } = options
  const opened = await connections.use(selector.token, call, connection => findKey(connection, selector))
  const { token } = opened.connection
  // The same token and key from now on, whatever else a short reference comes to fit.
  const { label, serial, manufacturer, model } = token
  const pinned: KeySelector = {
    token: { ...selector.token, token: label, serial, manufacturer, model },
    ...(opened.id.length > 0 ? { id: opened.id } : { label: opened.label }),
  }
  let current: FoundKey | undefined = opened
  let isOpen = true

  function known(): FoundKey | undefined {
    if (!isOpen) throw new SealwrightError('VALIDATION', `the key ${reference} is closed`)
    return current !== undefined && connections.isCurrent(current.connection) ? current : undefined
  }

  /** The key as it is now on its token, or a failure: never another key. */
  async function found(call: Call): Promise<FoundKey> {
    let isThere = false
    const again = (connection: Connection): FoundKey => {
      isThere = true
      const key = findKey(connection, pinned)
      if (Buffer.compare(key.publicKey, opened.publicKey) === 0) return key
      throw new SealwrightError('KEY_MISMATCH', `${reference} is not the key that was opened`, {
        why: 'another key has taken its place on the token',
        fix: 'check the token; if the key was replaced on purpose, open it again',
      })
    }
    try {
      current = await connections.use(pinned.token, call, again)
      return current
    } catch (error) {
      // A token that was there a moment ago is away, not unknown.
      if (!isThere && isSealwrightError(error) && error.code === 'NOT_FOUND') throw gone(token, error)
      throw error
    }
  }

  function forget(key: FoundKey, error: unknown): void {
    if (current === key) current = undefined
    if (isLost(error)) connections.lose(key.connection, error)
  }

  async function signRaw(request: SignRequest, call: Call): Promise<RawSignature> {
    call.signal.throwIfAborted()
    const way = opened.mechanisms.get(request.algorithm.id)
    assertInput(way, request)
    for (let again = false; ; again = true) {
      const key = known() ?? (await found(call))
      const progress = { asked: false }
      try {
        const bytes = await sign(options, key, { way, request, call, progress })
        return { bytes, encoding: 'raw' }
      } catch (error) {
        if (!isLost(error) && !isStaleHandle(error)) throw error
        forget(key, error)
        // Once more, if the token had not been asked for a signature yet: no signature is asked for twice here.
        if (again || progress.asked) throw gone(token, error)
      }
    }
  }

  return {
    key: {
      reference,
      publicKey: opened.publicKey,
      algorithms: acceptsOf(opened.mechanisms),
      protection: token.hardware ? 'hsm' : 'unknown',
      ...(opened.alwaysAuthenticate ? { presence: 'pin' } : {}),
    },
    signRaw,
    certificates: call =>
      connections.use(pinned.token, call, connection => certificatesOf(connection, opened)),
    [Symbol.asyncDispose]: async () => {
      isOpen = false
      current = undefined
    },
  }
}

async function sign(
  { pin, reference }: OpenKeyOptions,
  { connection, object, alwaysAuthenticate }: FoundKey,
  {
    way: { mechanism, prefix },
    request: { algorithm, bytes },
    call,
    progress,
  }: {
    readonly way: SigningMechanism
    readonly request: SignRequest
    readonly call: Call
    readonly progress: { asked: boolean }
  },
): Promise<Uint8Array> {
  const { api, token, module, pool } = connection
  const data = prefix ? Buffer.concat([prefix, bytes]) : viewOf(bytes)
  const output = Buffer.alloc(algorithm.signatureLength ?? LONGEST_RSA)
  const answer = alwaysAuthenticate
    ? await untilAborted(askPin(pin, { token, flags: flagsOf(api, token), reference }, call), call.signal)
    : undefined
  return pool.run(call.signal, async session => {
    api.C_SignInit(session, mechanism, object)
    if (answer !== undefined) module.login(token.key).forSignature({ api, token, session }, answer)
    progress.asked = true
    return new Uint8Array(await api.C_SignAsync(session, data, output))
  })
}

/** Bytes, for a modulus of 8192 bits. */
const LONGEST_RSA = 1024

/** A token is given what it signs: some sign a digest of any length. */
function assertInput(
  way: SigningMechanism | undefined,
  { algorithm, input, bytes }: SignRequest,
): asserts way is SigningMechanism {
  if (way === undefined) throw new SealwrightError('UNSUPPORTED', `the key cannot sign with ${algorithm.id}`)
  if (way.input !== input) {
    throw new SealwrightError('VALIDATION', `the token takes a ${way.input} for ${algorithm.id}`)
  }
  if (input !== 'digest' || bytes.length === algorithm.digestLength) return
  throw new SealwrightError('VALIDATION', `the digest is not of the length that ${algorithm.id} signs`, {
    why: `${bytes.length} bytes instead of ${algorithm.digestLength}`,
  })
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
