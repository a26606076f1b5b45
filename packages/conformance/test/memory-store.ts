import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Accepts, AlgorithmId, KeyType } from '@sealwright/core'
import { type StoredKey, storedKey } from './stored-key.ts'

/** What is asked of the store, over a connection that it counts while the answer is out. */
interface MemoryRequest {
  readonly operation: 'describe' | 'sign' | 'list' | 'create'
  readonly token: string
  readonly name: string
  readonly version?: number | undefined
  readonly sign?: SignParameters
  /** Of a key that is made. */
  readonly type?: KeyType
}

interface SignParameters {
  readonly algorithm: AlgorithmId
  readonly input: keyof Accepts
  readonly bytes: Uint8Array
  readonly saltLength?: number
}

export interface MemoryReply {
  readonly status: number
  readonly retryAfter?: number
  readonly location?: string
  readonly body: string
}

/** One at a time: a second signature begun on a session takes the place of the first. */
export interface MemorySession {
  pending?: SignParameters | undefined
}

export interface Fault {
  readonly operation: MemoryRequest['operation']
  /** How many calls it still meets. */
  count: number
  /** Answers in the store's place, changes its answer, or lets it pass. */
  meet(proceed: () => MemoryReply, signal: AbortSignal): Promise<MemoryReply>
}

interface Entry {
  readonly versions: StoredKey[]
  disabled?: boolean
}

export interface MemoryStore {
  readonly token: string
  readonly pin: string
  readonly keys: Map<string, Entry>
  readonly aliases: Map<string, string>
  readonly sessions: Set<MemorySession>
  fault: Fault | undefined
  /** Of the PIN; only the right one is not counted. */
  wrongPins: number
  logIns: number
  signCalls: number
  /** Requests that reached another store by a redirect. */
  followed: number
  connections: number
  logIn(pin: string): Promise<void>
  logOut(): void
  openSession(): Promise<MemorySession>
  request(request: MemoryRequest, session: MemorySession, signal: AbortSignal): Promise<MemoryReply>
  add(name: string, type: KeyType): void
}

/** A store with a token and a PIN, versions and aliases, sessions that take one signature at a time, and faults. */
export function memoryStore(): MemoryStore {
  const store: MemoryStore = {
    token: `token-${randomBytes(12).toString('hex')}`,
    pin: `pin-${randomBytes(12).toString('hex')}`,
    keys: new Map(),
    aliases: new Map(),
    sessions: new Set(),
    fault: undefined,
    wrongPins: 0,
    logIns: 0,
    signCalls: 0,
    followed: 0,
    connections: 0,
    logIn: async pin => {
      await sleep(1)
      if (pin !== store.pin) {
        store.wrongPins++
        throw new MemoryStoreError('PIN_REFUSED', { pin })
      }
      store.logIns++
    },
    logOut: () => void store.logIns--,
    openSession: async () => {
      const session = {}
      store.sessions.add(session)
      return session
    },
    request: async (request, session, signal) => {
      signal.throwIfAborted()
      store.connections++
      try {
        return await answered(request, session, signal)
      } finally {
        store.connections--
      }
    },
    add: (name, type) => void store.keys.set(name, { versions: [storedKey(type)] }),
  }

  async function answered(request: MemoryRequest, session: MemorySession, signal: AbortSignal) {
    session.pending = request.sign
    if (request.operation === 'sign') store.signCalls++
    await abortable(sleep(0), signal)
    const { fault } = store
    const proceed = () => reply(request, session.pending)
    if (fault === undefined || fault.operation !== request.operation || fault.count <= 0) return proceed()
    fault.count--
    return fault.meet(proceed, signal)
  }

  function reply(request: MemoryRequest, pending?: SignParameters): MemoryReply {
    const { token, name, version, operation, type } = request
    if (token !== store.token) return { status: 401, body: '{}' }
    if (operation === 'list') return ok({ names: [...store.keys.keys()] })
    if (operation === 'create') store.add(name, type!)
    const entry = store.keys.get(store.aliases.get(name) ?? name)
    const number = version ?? entry?.versions.length
    const key = entry?.versions[number! - 1]
    if (entry === undefined || key === undefined) return { status: 404, body: '{}' }
    if (entry.disabled) return { status: 409, body: '{}' }
    const target = { name: store.aliases.get(name) ?? name, version: number }
    if (operation !== 'sign') {
      return ok({ ...target, type: key.type, publicKey: key.spki.toString('base64') })
    }
    return ok({ ...target, signature: key.sign(pending!).toString('base64') })
  }

  return store
}

export function ok(body: object): MemoryReply {
  return { status: 200, body: JSON.stringify(body) }
}

/** Carries what it was asked with, as the errors of many a client do. */
export class MemoryStoreError extends Error {
  readonly code: string
  readonly request: unknown
  readonly retryAfter: number | undefined

  constructor(code: string, request: unknown, retryAfter?: number) {
    super(`the store answered ${code}`)
    this.code = code
    this.request = request
    this.retryAfter = retryAfter
  }
}

/** Ends with the signal's abort, or as `work` does. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new DOMException('aborted', 'AbortError'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
