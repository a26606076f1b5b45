import { type Call, SealwrightError } from '@sealwright/core'
import { KeyedMutex } from '@sealwright/core/adapter'
import { CKF, CKR } from './constants.ts'
import { isLost, isStuck, rvOf } from './failure.ts'
import { forgetInitialisation, type LoadedModule, loadModule, type ModuleSource } from './load-module.ts'
import type { Pkcs11Module } from './module.ts'
import type { AskPin } from './pin.ts'
import type { KeySelector } from './reference.ts'
import { type SessionPool, sessionPool } from './session-pool.ts'
import { nameOf, selectToken, type Token } from './tokens.ts'

/** A token that we are logged in to. */
export interface Connection {
  readonly api: Pkcs11Module
  readonly module: LoadedModule
  readonly token: Token
  /**
   * A read-only session for everything but signatures. It stays open while the connection is used: the log-in ends with the
   * last session. Only for calls that do not wait in between.
   */
  readonly session: Buffer
  readonly pool: SessionPool
}

export interface ConnectionsOptions {
  readonly source: ModuleSource | undefined
  readonly pin: AskPin | undefined
  readonly sessions: number
}

/** The tokens in use by one provider, each with one connection. */
export interface Connections {
  /**
   * Runs a task with the matching token. If the connection turns out to be lost (token removed, session gone), it connects
   * again and restarts the task once: it must not have signed by then.
   */
  use<T>(
    selector: KeySelector['token'],
    call: Call,
    task: (connection: Connection) => Promise<T> | T,
  ): Promise<T>
  /** Whether a connection is still the one to its token. */
  isCurrent(connection: Connection): boolean
  /** The module, loaded and initialised. */
  module(): Promise<LoadedModule>
  /** Takes a connection out of use whose sessions are gone. */
  lose(connection: Connection, error: unknown): void
  close(): Promise<void>
}

export function connections({ source, pin, sessions }: ConnectionsOptions): Connections {
  const open = new Map<string, Connection>()
  const logIns = new KeyedMutex()
  let isClosed = false

  const module = async (): Promise<LoadedModule> => {
    if (isClosed) throw disposed()
    if (source !== undefined) return loadModule(source)
    throw new SealwrightError('VALIDATION', 'no PKCS#11 module is given', {
      fix: 'give the option modulePath: the library that came with the token',
    })
  }

  async function connect(loaded: LoadedModule, token: Token, call: Call): Promise<Connection> {
    const { api } = loaded
    const session = api.C_OpenSession(token.slot, CKF.serialSession)
    try {
      await loaded.login(token.key).user({ api, token, session, pin }, call)
      if (isClosed) throw disposed()
    } catch (error) {
      closeSession(api, session)
      throw error
    }
    const pool = sessionPool({
      // One is ours; a token that does not say how many there are says 0 or the greatest number.
      size: Math.max(1, Math.min(sessions, token.maxSessions === 0 ? sessions : token.maxSessions - 1)),
      open: () => api.C_OpenSession(token.slot, CKF.serialSession),
      close: each => closeSession(api, each),
      closed: () => (isClosed ? disposed() : gone(token)),
    })
    return { api, module: loaded, token, session, pool }
  }

  async function to(selector: KeySelector['token'], call: Call): Promise<Connection> {
    const loaded = await module()
    call.signal.throwIfAborted()
    const token = selectToken(loaded.api, selector)
    return logIns.run(
      token.key,
      async () => {
        const known = open.get(token.key)
        if (known !== undefined) return known
        const connection = await connect(loaded, token, call)
        open.set(token.key, connection)
        return connection
      },
      call.signal,
    )
  }

  function lose(connection: Connection, error: unknown): void {
    if (open.get(connection.token.key) === connection) open.delete(connection.token.key)
    if (rvOf(error) === CKR.cryptokiNotInitialized) forgetInitialisation(connection.module)
    void release(connection)
  }

  return {
    module,
    lose,
    isCurrent: connection => isClosed || open.get(connection.token.key) === connection,
    use: async (selector, call, task) => {
      for (let again = false; ; again = true) {
        let connection: Connection | undefined
        try {
          connection = await to(selector, call)
          return await task(connection)
        } catch (error) {
          if (connection === undefined || !(isLost(error) || isStuck(error))) throw error
          lose(connection, error)
          if (again) throw gone(connection.token, error)
        }
      }
    },
    close: async () => {
      isClosed = true
      await Promise.all([...open.values()].map(release))
      open.clear()
    },
  }
}

/** @returns When no caller waits for a signature any more. */
async function release({ api, session, pool }: Connection): Promise<void> {
  // All at once, before the token can come back: a new session may get the number of an old one.
  const done = pool.close()
  closeSession(api, session)
  await done
}

/** Never throws: what a task came to does not depend on how its session ends. */
export function closeSession(api: Pkcs11Module, session: Buffer): void {
  try {
    api.C_CloseSession(session)
  } catch {
    // Gone with its token; whatever else it is, there is nothing more to do for it.
  }
}

/** The token is away and may come back. */
export function gone(token: Token, cause?: unknown): SealwrightError {
  return new SealwrightError('UNAVAILABLE', `token ${nameOf(token)} is not there`, {
    why: 'it was removed or reset, or its module lost the connection',
    fix: 'insert it again',
    cause,
  })
}

function disposed(): SealwrightError {
  return new SealwrightError('VALIDATION', 'the PKCS#11 key store is disposed')
}
