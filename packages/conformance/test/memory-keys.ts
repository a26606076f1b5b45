import {
  type Accepts,
  type Algorithm,
  type AlgorithmId,
  algorithms,
  type Call,
  type Failure,
  type KeyAdmin,
  type KeyHandle,
  type KeyProvider,
  type KeyType,
  SealwrightError,
} from '@sealwright/core'
import { type MemoryReply, type MemorySession, type MemoryStore, MemoryStoreError } from './memory-store.ts'

/** The most bytes of a message that the store takes. */
const MOST = 4096

/** What a broken adapter does otherwise than the sound one, below. */
export interface Parts {
  readonly store: MemoryStore
  readonly pin: string
  /** Remembers a refusal. */
  readonly logInOnce: boolean
  readonly session: 'pool' | 'shared'
  readonly signVersion: 'opened' | 'latest'
  readonly request: MemoryStore['request']
  readonly classify: KeyProvider['classify']
}

interface Description {
  readonly name: string
  readonly version: number
  readonly type: KeyType
  readonly publicKey: string
}

/** The sound adapter of the store in memory. */
export function memoryKeys(
  store: MemoryStore,
  changed: Partial<Parts> = {},
): KeyProvider & { readonly admin: KeyAdmin } {
  const parts: Parts = {
    store,
    pin: store.pin,
    logInOnce: true,
    session: 'pool',
    signVersion: 'opened',
    request: store.request,
    classify,
    ...changed,
  }
  const { logIn, logOut } = logInOf(parts)
  const sessions = sessionsOf(parts)

  async function ask(
    operation: 'describe' | 'sign' | 'list' | 'create',
    name: string,
    rest: object,
    { signal }: Call,
  ) {
    await logIn()
    return sessions.use(async session => {
      const request = { operation, token: store.token, name, ...rest }
      return bodyOf(await parts.request(request, session, signal), request)
    })
  }

  return {
    contract: 1,
    name: 'memory',
    schemes: ['memory'],
    permissions: { open: ['describe'], sign: ['sign'] },
    canonical,
    classify: parts.classify,
    open: async (reference, call) => {
      const [name, wanted] = parse(reference)
      const body = await ask('describe', name, { version: wanted }, call)
      const { type, version, publicKey, name: real } = body as Partial<Description>
      if (!type || !version || !publicKey || !real) throw incomplete()
      const key = {
        reference: `memory:${real}@${version}`,
        publicKey: new Uint8Array(Buffer.from(publicKey, 'base64')),
        algorithms: acceptsOf(type),
        protection: 'software',
      } as const
      const handle: KeyHandle = {
        key,
        signRaw: async ({ algorithm, input, bytes }, signCall) => {
          const sign = { algorithm: algorithm.id, input, bytes }
          const target = parts.signVersion === 'opened' ? { version, sign } : { sign }
          const signed = await ask('sign', parts.signVersion === 'opened' ? real : name, target, signCall)
          const { signature, version: used } = signed as { signature?: string; version?: number }
          if (!signature || !used) throw incomplete()
          return {
            bytes: new Uint8Array(Buffer.from(signature, 'base64')),
            encoding: algorithm.family === 'ECDSA' ? 'der' : 'raw',
            ...(parts.signVersion === 'opened' ? { reference: `memory:${real}@${used}` } : {}),
          }
        },
      }
      return handle
    },
    admin: {
      list: async function* (_, call) {
        const { names = [] } = (await ask('list', '', {}, call)) as { names?: string[] }
        for (const name of names) yield { reference: `memory:${name}` }
      },
      create: async ({ reference, type }, call) => {
        const { name, version } = (await ask('create', parse(reference)[0], { type }, call)) as Description
        return `memory:${name}@${version}`
      },
    },
    [Symbol.asyncDispose]: async () => {
      sessions.close()
      await logOut()
    },
  }
}

function bodyOf(reply: MemoryReply, request: unknown): unknown {
  if (reply.status !== 200) throw new MemoryStoreError(String(reply.status), request, reply.retryAfter)
  try {
    return JSON.parse(reply.body)
  } catch {
    throw incomplete()
  }
}

/** One log-in for a provider, however many ask for it. */
function logInOf({ store, pin, logInOnce }: Parts) {
  let loggedIn: Promise<void> | undefined
  return {
    logIn: () => {
      if (!logInOnce) return store.logIn(pin)
      loggedIn ??= store.logIn(pin)
      return loggedIn
    },
    logOut: async () => {
      const open = loggedIn
      loggedIn = undefined
      await open?.then(store.logOut, () => {})
    },
  }
}

function sessionsOf({ store, session: kind }: Parts) {
  const idle: MemorySession[] = []
  const inUse = new Set<MemorySession>()
  let shared: Promise<MemorySession> | undefined
  let closed = false
  return {
    use: async <T>(task: (session: MemorySession) => Promise<T>): Promise<T> => {
      if (kind === 'shared') {
        shared ??= store.openSession()
        return task(await shared)
      }
      const session = idle.pop() ?? (await store.openSession())
      inUse.add(session)
      try {
        return await task(session)
      } finally {
        inUse.delete(session)
        if (closed) store.sessions.delete(session)
        else idle.push(session)
      }
    },
    close: () => {
      closed = true
      for (const session of idle.splice(0)) store.sessions.delete(session)
      void shared?.then(session => store.sessions.delete(session))
    },
  }
}

function canonical(reference: string): string {
  const [name, version] = parse(reference)
  return `memory:${name}${version === undefined ? '' : `@${version}`}`
}

function parse(reference: string): [string, number | undefined] {
  const match = /^memory:(?:\/\/)?([A-Za-z0-9/-]+)(?:@([1-9]\d*))?$/.exec(reference)
  if (!match) throw new SealwrightError('VALIDATION', 'the reference names no key in memory')
  return [match[1]!, match[2] === undefined ? undefined : Number(match[2])]
}

export function acceptsOf(type: KeyType): Readonly<Partial<Record<AlgorithmId, Accepts>>> {
  const rows = Object.values(algorithms).filter(({ keyTypes }) => keyTypes.includes(type))
  const accepts = ({ hash }: Algorithm): Accepts =>
    hash === undefined ? { message: MOST } : { digest: true, message: MOST }
  return Object.fromEntries(rows.map(row => [row.id, accepts(row)]))
}

const CODES: Readonly<Record<string, Failure['code']>> = {
  '401': 'UNAUTHENTICATED',
  '403': 'ACCESS_DENIED',
  '404': 'NOT_FOUND',
  '409': 'KEY_STATE',
  '429': 'THROTTLED',
  '307': 'UNAVAILABLE',
  '500': 'UNAVAILABLE',
  '503': 'UNAVAILABLE',
  ECONNRESET: 'UNAVAILABLE',
  PIN_REFUSED: 'PIN_INCORRECT',
}

export function classify(error: unknown): Failure | undefined {
  const { code = '', retryAfter } = (error ?? {}) as { code?: string; retryAfter?: number }
  const known = CODES[code]
  if (known === undefined) return undefined
  return { code: known, ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter * 1000 }) }
}

function incomplete(): SealwrightError {
  return new SealwrightError('INTEGRITY', 'the store answered with less than a key or a signature')
}
