import { type Call, SealwrightError } from '@sealwright/core'
import { isLoopback, untilAborted } from '@sealwright/core/adapter'
import { type Kms, kmsOf } from './client.ts'
import { credentialFailure } from './credential-failure.ts'
import { classify } from './failure.ts'
import { type ClientOptions, makeClient } from './make-client.ts'

/** The client of one provider, made when it is first needed. */
export interface Connection extends AsyncDisposable {
  kms(call: Call): Promise<Kms>
}

/** A client that was given may be of either transport; gRPC wants a deadline, so it has one that no call reaches. */
const TIMEOUT_MS = 600_000

interface Opened {
  readonly kms: Kms
  close(): void
}

export function connectionOf(options: ClientOptions): Connection {
  const active = new Set<AbortController>()
  let opened: Promise<Opened> | undefined
  let isClosed = false

  const disposed = () => new SealwrightError('VALIDATION', 'the key store of Cloud KMS is disposed of')

  async function guarded<T>({ signal }: Call, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (isClosed) throw disposed()
    signal.throwIfAborted()
    const controller = new AbortController()
    const abort = () => controller.abort(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    active.add(controller)
    try {
      return await task(controller.signal)
    } catch (error) {
      if (signal.aborted) throw error
      if (isClosed) throw disposed()
      // gRPC's CANCELLED: nobody here gave up.
      if (classify(error)?.code === 'ABORTED') {
        throw new SealwrightError('UNAVAILABLE', 'Cloud KMS cancelled the call', { cause: error })
      }
      throw error
    } finally {
      active.delete(controller)
      signal.removeEventListener('abort', abort)
    }
  }

  async function connect(): Promise<Opened> {
    if (options.client) {
      return { kms: kmsOf(options.client, { timeoutMs: TIMEOUT_MS, guarded }), close: () => {} }
    }
    const { client, close, timeoutMs = TIMEOUT_MS, headers } = await makeClient(options)
    const kms = kmsOf(client, { timeoutMs, guarded, headers })
    return { kms, close }
  }

  /** A client that could not be initialized stays so for ever: the next call gets another. */
  async function open(): Promise<Opened> {
    const made = await connect()
    try {
      const stub = (await made.kms.client.initialize()) as { close?(): void }
      // The client's own `close` would first connect the clients of IAM and of locations, which are never used.
      return options.client ? made : { kms: made.kms, close: () => closeAll(stub, made) }
    } catch (error) {
      made.close()
      throw credentialFailure(error)
    }
  }

  return {
    kms: async call => {
      if (isClosed) throw disposed()
      if (opened === undefined) {
        opened = open()
        opened.catch(() => {
          opened = undefined
        })
      }
      // The search for credentials cannot be stopped.
      const { kms } = await untilAborted(opened, call.signal)
      if (isClosed) throw disposed()
      return kms
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      for (const controller of active) controller.abort()
      const pending = opened
      opened = undefined
      const [outcome] = await Promise.allSettled([pending])
      if (outcome.status === 'fulfilled') outcome.value?.close()
    },
  }
}

function closeAll(stub: { close?(): void }, made: Opened): void {
  stub.close?.()
  made.close()
}

/** @throws {@link SealwrightError} `VALIDATION` for invalid options, and for options that would be ignored. */
export function assertClientOptions({ client, ...rest }: ClientOptions): void {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined)
  if (client !== undefined && given.length > 0) {
    throw new SealwrightError('VALIDATION', `with a ready client, ${given[0]![0]} cannot be given`, {
      fix: 'configure the client, or leave it out',
    })
  }
  const { transport, endpoint, allowPlainHttp = false } = rest
  if (transport !== undefined && transport !== 'grpc' && transport !== 'rest') {
    throw new SealwrightError('VALIDATION', 'the transport of Cloud KMS is neither grpc nor rest')
  }
  if (endpoint !== undefined) assertEndpoint(endpoint, allowPlainHttp)
}

function assertEndpoint(endpoint: string, allowPlainHttp: boolean): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  const isPlain = url?.protocol === 'http:'
  const isOrigin =
    (isPlain || url?.protocol === 'https:') &&
    url.username + url.password + url.search + url.hash === '' &&
    url.pathname === '/'
  if (url === undefined || !isOrigin) {
    throw new SealwrightError('VALIDATION', 'the endpoint of Cloud KMS is not an origin of http or https', {
      fix: 'write https://HOST[:PORT], without user, path and query',
    })
  }
  if (!isPlain || allowPlainHttp || isLoopback(url)) return
  throw new SealwrightError('VALIDATION', 'the endpoint of Cloud KMS is plain HTTP', {
    why: 'credentials would cross the network in the clear',
    fix: 'use https, or the option allowPlainHttp; plain HTTP to this machine is always allowed',
  })
}
