import { createHash } from 'node:crypto'
import {
  type Failure,
  isSealwrightError,
  type KeyHandle,
  type KeyProvider,
  type RawSignature,
  SealwrightError,
  type SignRequest,
} from '@sealwright/core'
import { ecdsaFromDer } from '@sealwright/core/encoding'
import { classify, memoryKeys } from './memory-keys.ts'
import type { MemoryStore } from './memory-store.ts'

/** One mistake, the case that must find it, and a part of what it must say. */
export interface BrokenAdapter {
  readonly does: string
  readonly caseId: string
  readonly says: string
  open(store: MemoryStore): KeyProvider
}

const never = new AbortController().signal

export const brokenAdapters: readonly BrokenAdapter[] = [
  {
    does: 'hashes the digest once more',
    caseId: 'sign/EC-P256/ES256/digest',
    says: 'hashed once more',
    open: store =>
      signing(store, (sign, request) => {
        if (request.input !== 'digest') return sign(request)
        return sign({ ...request, bytes: createHash('sha256').update(request.bytes).digest() })
      }),
  },
  {
    does: 'signs with the longest salt',
    caseId: 'sign/RSA-2048/PS256/digest',
    says: 'salt is not as long',
    open: store =>
      memoryKeys(store, {
        request: (request, session, signal) => {
          const { sign } = request
          if (sign === undefined) return store.request(request, session, signal)
          const saltLength = 256 - 2 - { 256: 32, 384: 48, 512: 64 }[sign.algorithm.slice(2)]!
          return store.request({ ...request, sign: { ...sign, saltLength } }, session, signal)
        },
      }),
  },
  {
    does: 'declares DER raw',
    caseId: 'sign/EC-P256/ES256/digest',
    says: 'looks like DER',
    open: store =>
      signing(store, async (sign, request) => ({ ...(await sign(request)), encoding: 'raw' as const })),
  },
  {
    does: 'leaves leading zeros of r and s out',
    caseId: 'ecdsa/EC-P256',
    says: 'bytes long, not 64',
    open: store =>
      signing(store, async (sign, request) => {
        const signature = await sign(request)
        const length = request.algorithm.coordinateLength
        if (length === undefined) return signature
        const rs = Buffer.from(ecdsaFromDer(signature.bytes, length))
        const halves = [rs.subarray(0, length), rs.subarray(length)]
        return { ...signature, bytes: Buffer.concat(halves.map(trimmed)), encoding: 'raw' }
      }),
  },
  {
    does: 'is deaf to an abort of a signature',
    caseId: 'abort/sign/heard',
    says: 'giving up after the abort took longer',
    open: store => signing(store, (sign, request) => sign(request, { signal: never })),
  },
  {
    does: 'is deaf to an abort while it opens a key',
    caseId: 'abort/open/heard',
    says: 'giving up after the abort took longer',
    open: store => opening(store, (open, reference) => open(reference, { signal: never })),
  },
  {
    does: 'signs with the latest version, whatever it opened',
    caseId: 'change/rotate',
    says: 'does not verify',
    open: store => memoryKeys(store, { signVersion: 'latest' }),
  },
  {
    does: 'signs by the alias, wherever that has gone',
    caseId: 'change/alias',
    says: 'does not verify',
    open: store => memoryKeys(store, { signVersion: 'latest' }),
  },
  {
    does: 'keeps the public key of the first opening',
    caseId: 'change/rotate',
    says: 'still opens the old public key',
    open: store => {
      const known = new Map<string, Uint8Array>()
      return opening(store, async (open, reference, call) => {
        const handle = await open(reference, call)
        const publicKey = known.get(reference) ?? handle.key.publicKey
        known.set(reference, publicKey)
        return { ...handle, key: { ...handle.key, publicKey } }
      })
    },
  },
  {
    does: 'opens the newest version whichever is named',
    caseId: 'change/old-version',
    says: 'strictly equal',
    open: store => opening(store, (open, reference, call) => open(reference.replace(/@\d+$/, ''), call)),
  },
  {
    does: 'puts the token into messages',
    caseId: 'secrets/errors',
    says: 'a secret shows in an error',
    open: store =>
      failing(store, error => {
        throw new SealwrightError('UNAVAILABLE', `the store failed: ${JSON.stringify(error)}`)
      }),
  },
  {
    does: 'puts the payload into messages',
    caseId: 'secrets/errors',
    says: 'a secret shows in an error',
    open: store =>
      signing(store, async (sign, request, call) => {
        try {
          return await sign(request, call)
        } catch (error) {
          throw new SealwrightError('UNAVAILABLE', 'cannot sign', {
            why: `the store did not take ${Buffer.from(request.bytes).toString('base64')}`,
            cause: error,
          })
        }
      }),
  },
  {
    does: 'shows its credentials when it is printed',
    caseId: 'secrets/objects',
    says: 'a secret shows in a printed object',
    open: store => Object.assign(memoryKeys(store), { credentials: { bearer: store.token } }),
  },
  {
    does: 'writes its requests to standard error',
    caseId: 'secrets/errors',
    says: 'a secret shows in the output of the process',
    open: store =>
      memoryKeys(store, {
        request: (request, session, signal) => {
          process.stderr.write(`${request.operation} ${request.token}\n`)
          return store.request(request, session, signal)
        },
      }),
  },
  {
    does: 'offers a refused PIN again',
    caseId: 'pin/once',
    says: 'offered more than once',
    open: store => memoryKeys(store, { logInOnce: false }),
  },
  {
    does: 'says NOT_FOUND when it is denied',
    caseId: 'deny/open',
    says: 'NOT_FOUND instead of ACCESS_DENIED',
    open: store => naming(store, 'ACCESS_DENIED', 'NOT_FOUND'),
  },
  {
    does: 'says ACCESS_DENIED of a key that does not exist',
    caseId: 'missing',
    says: 'ACCESS_DENIED instead of NOT_FOUND',
    open: store => naming(store, 'NOT_FOUND', 'ACCESS_DENIED'),
  },
  {
    does: 'says ACCESS_DENIED of a disabled key',
    caseId: 'change/disable',
    says: 'ACCESS_DENIED instead of KEY_STATE',
    open: store => naming(store, 'KEY_STATE', 'ACCESS_DENIED'),
  },
  {
    does: 'has no name for a page of HTML',
    caseId: 'htmlError/sign',
    says: 'INTERNAL instead of UNAVAILABLE',
    open: store =>
      memoryKeys(store, {
        classify: error => ((error as { code?: string }).code === '500' ? undefined : classify(error)),
      }),
  },
  {
    does: 'has no name for a reset',
    caseId: 'reset/sign',
    says: 'INTERNAL instead of UNAVAILABLE',
    open: store =>
      memoryKeys(store, {
        classify: error => ((error as { code?: string }).code === 'ECONNRESET' ? undefined : classify(error)),
      }),
  },
  {
    does: 'swallows throttling and tries again itself',
    caseId: 'throttle/sign',
    says: 'sign succeeded',
    open: store =>
      signing(store, async (sign, request, call) => {
        for (;;) {
          try {
            return await sign(request, call)
          } catch (error) {
            if (classify(error)?.code !== 'THROTTLED') throw error
          }
        }
      }),
  },
  {
    does: 'explains a refusal to make a key by a message of its own',
    caseId: 'named/create',
    says: 'does not name memory',
    open: store => {
      const provider = memoryKeys(store)
      const { admin } = provider
      const create: typeof admin.create = (spec, call) =>
        admin.create(spec, call).catch(() => {
          throw new SealwrightError('ACCESS_DENIED', 'no')
        })
      return { ...provider, admin: { ...admin, create } }
    },
  },
  {
    does: 'takes a refusal to list for an empty store',
    caseId: 'named/list',
    says: 'list succeeded',
    open: store => {
      const provider = memoryKeys(store)
      const { admin } = provider
      const list: typeof admin.list = async function* (query, call) {
        try {
          yield* admin.list(query, call)
        } catch {}
      }
      return { ...provider, admin: { ...admin, list } }
    },
  },
  {
    does: 'takes the seconds of Retry-After for milliseconds',
    caseId: 'throttle/sign/retry-after',
    says: 'retryAfterMs',
    open: store =>
      memoryKeys(store, {
        classify: error => {
          const failure = classify(error)
          if (failure?.retryAfterMs === undefined) return failure
          return { ...failure, retryAfterMs: failure.retryAfterMs / 1000 }
        },
      }),
  },
  {
    does: 'follows a redirect with its token',
    caseId: 'redirect/sign',
    says: 'the redirect was followed',
    open: store =>
      memoryKeys(store, {
        request: async (request, session, signal) => {
          const reply = await store.request(request, session, signal)
          if (reply.location !== undefined) store.followed++
          return reply
        },
      }),
  },
  {
    does: 'signs all at once on one session',
    caseId: 'concurrency/sign',
    says: 'of 200 failed',
    open: store => memoryKeys(store, { session: 'shared' }),
  },
  {
    does: 'leaves a connection open when a signature is aborted',
    caseId: 'abort/sign/during',
    says: 'are left open',
    open: store =>
      signing(store, async (sign, request, call) => {
        const leak = () => void store.connections++
        call?.signal.addEventListener('abort', leak, { once: true })
        try {
          return await sign(request, call)
        } finally {
          if (!call?.signal.aborted) call?.signal.removeEventListener('abort', leak)
        }
      }),
  },
  {
    does: 'leaves a rejection unhandled when a signature is aborted',
    caseId: 'abort/sign/during',
    says: 'rejected that nobody handles',
    open: store =>
      signing(store, (sign, request, call) => {
        void new Promise((_, reject) => {
          call?.signal.addEventListener('abort', () => reject(new Error('nobody hears this')), { once: true })
        })
        return sign(request, call)
      }),
  },
  {
    does: 'never logs out',
    caseId: 'dispose/twice',
    says: 'are left open',
    open: store => {
      const { [Symbol.asyncDispose]: _, ...provider } = memoryKeys(store)
      return provider
    },
  },
  {
    does: 'breaks a signature in progress off without an end when its handle is disposed of',
    caseId: 'dispose/handle',
    says: 'ending the signature took longer',
    open: store =>
      opening(store, async (open, reference, call) => {
        const handle = await open(reference, call)
        let gone = false
        return {
          ...handle,
          signRaw: async (request, signCall) => {
            const signature = await handle.signRaw(request, signCall)
            return gone ? new Promise(() => {}) : signature
          },
          [Symbol.asyncDispose]: async () => {
            gone = true
          },
        }
      }),
  },
  {
    does: 'does not look at what the store answers',
    caseId: 'corrupt/sign/empty',
    says: 'INTERNAL instead of INTEGRITY',
    open: store =>
      signing(store, async (sign, request, call) => {
        try {
          return await sign(request, call)
        } catch (error) {
          if (!isSealwrightError(error)) throw error
          return { bytes: undefined as unknown as Uint8Array, encoding: 'raw' }
        }
      }),
  },
  {
    does: 'takes a reply cut short for a store that is not available',
    caseId: 'corrupt/sign/truncated',
    says: 'UNAVAILABLE instead of INTEGRITY',
    open: store =>
      failing(store, error => {
        if (isSealwrightError(error)) throw new SealwrightError('UNAVAILABLE', 'no answer')
        throw error
      }),
  },
  {
    does: 'writes references in lower case',
    caseId: 'canonical/case',
    says: 'keeps its upper case',
    open: store => {
      const provider = memoryKeys(store)
      return { ...provider, canonical: reference => provider.canonical(reference).toLowerCase() }
    },
  },
  {
    does: 'takes any reference',
    caseId: 'canonical/refused',
    says: 'for a reference',
    open: store => ({ ...memoryKeys(store), canonical: reference => reference }),
  },
  {
    does: 'adds to a reference each time',
    caseId: 'canonical/spelling',
    says: 'not idempotent',
    open: store => {
      const provider = memoryKeys(store)
      return { ...provider, canonical: reference => `${provider.canonical(reference.slice(0, 60))}/x` }
    },
  },
  {
    does: 'declares an algorithm less',
    caseId: 'descriptor/RSA-2048',
    says: 'not those expected',
    open: store =>
      opening(store, async (open, reference, call) => {
        const handle = await open(reference, call)
        const { PS512: _, ...algorithms } = handle.key.algorithms
        return { ...handle, key: { ...handle.key, algorithms } }
      }),
  },
  {
    does: 'declares a larger limit than the store has',
    caseId: 'descriptor/Ed25519',
    says: 'not those expected',
    open: store =>
      opening(store, async (open, reference, call) => {
        const handle = await open(reference, call)
        const algorithms = { Ed25519: { message: 1e6 } }
        return reference.includes('Ed25519') ? { ...handle, key: { ...handle.key, algorithms } } : handle
      }),
  },
  {
    does: 'writes into the bytes it is given',
    caseId: 'sign/Ed25519/Ed25519/message',
    says: 'changed the bytes',
    open: store =>
      signing(store, async (sign, request, call) => {
        const signature = await sign(request, call)
        request.bytes.fill(0)
        return signature
      }),
  },
  {
    does: 'refuses large messages that the store would take',
    caseId: 'size/Ed25519/limit',
    says: 'too large',
    open: store =>
      signing(store, (sign, request, call) => {
        if (request.bytes.length > 4000) throw new SealwrightError('VALIDATION', 'too large')
        return sign(request, call)
      }),
  },
]

type Sign = (request: SignRequest, call?: Parameters<KeyHandle['signRaw']>[1]) => Promise<RawSignature>

function signing(
  store: MemoryStore,
  change: (sign: Sign, ...args: Parameters<Sign>) => Promise<RawSignature>,
): KeyProvider {
  return opening(store, async (open, reference, openCall) => {
    const handle = await open(reference, openCall)
    return {
      ...handle,
      signRaw: (request, call) =>
        change((other, otherCall = call) => handle.signRaw(other, otherCall), request, call),
    }
  })
}

function opening(
  store: MemoryStore,
  change: (open: KeyProvider['open'], ...args: Parameters<KeyProvider['open']>) => Promise<KeyHandle>,
): KeyProvider {
  const provider = memoryKeys(store)
  return { ...provider, open: (reference, call) => change(provider.open, reference, call) }
}

function failing(store: MemoryStore, rethrow: (error: unknown) => never): KeyProvider {
  return signing(store, async (sign, request, call) => {
    try {
      return await sign(request, call)
    } catch (error) {
      return rethrow(error)
    }
  })
}

function naming(store: MemoryStore, right: Failure['code'], wrong: Failure['code']): KeyProvider {
  return memoryKeys(store, {
    classify: error => {
      const failure = classify(error)
      return failure?.code === right ? { ...failure, code: wrong } : failure
    },
  })
}

function trimmed(half: Buffer): Buffer {
  return half.subarray(half.findIndex(byte => byte !== 0))
}
