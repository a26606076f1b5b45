import { type KeyAdmin, type KeyProvider, SealwrightError } from '@sealwright/core'
import { attachCertificates } from './attach-certificates.ts'
import { type Connections, connections } from './connections.ts'
import { createKey } from './create-key.ts'
import { classify } from './failure.ts'
import { openKey } from './key-handle.ts'
import { keysOn } from './list-keys.ts'
import type { ModuleSource } from './load-module.ts'
import type { Pkcs11Module } from './module.ts'
import { PERMISSIONS } from './permissions.ts'
import type { AskPin } from './pin.ts'
import { canonical, formatReference, keySelector, tokenSelector } from './reference.ts'
import { tokensThatFit } from './tokens.ts'

export interface Pkcs11Options {
  /** Absolute path of the module: the library that came with the token. Loaded when a key is opened, by pkcs11js. */
  readonly modulePath?: string | undefined
  /** A module instead of a path: pkcs11js's `PKCS11`, loaded; it may be initialised, with CKF_OS_LOCKING_OK. */
  readonly module?: Pkcs11Module | undefined
  /** Configuration that some modules take at C_Initialize, such as NSS softoken. */
  readonly libraryParameters?: string | undefined
  /**
   * Asked for the user PIN: once for a token while it stays logged in, and for each signature of a key that has
   * CKA_ALWAYS_AUTHENTICATE. Not asked where the token has a reader for it. A string or UTF-8, without line end.
   * `undefined`: there is none, and the call fails.
   */
  readonly pin?: AskPin | undefined
  /** The most signatures of one token at the same time, 1 to 64. Default 4. */
  readonly sessions?: number | undefined
}

const DEFAULTS = { sessions: 4 } as const

/**
 * Keys in PKCS#11 tokens: HSMs, smart cards, YubiKeys, SoftHSM. References are RFC 7512 URIs, `pkcs11:token=…;object=…`.
 *
 * The module is initialised once for the process and never finalised; the log-in to a token holds for the whole process.
 * A call in the token cannot be stopped: an abort only ends the wait.
 *
 * @throws {@link SealwrightError} `VALIDATION` for invalid options.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { openSigner } from '@sealwright/core'
 * import { pkcs11 } from '@sealwright/provider-pkcs11'
 *
 * const keys = pkcs11({
 *   modulePath: '/usr/lib/softhsm/libsofthsm2.so',
 *   pin: async () => (await readFile('/run/secrets/pin', 'utf8')).trimEnd(),
 * })
 * const signer = await openSigner(keys, 'pkcs11:token=ACME;object=release', { algorithm: 'PS256' })
 * ```
 */
export function pkcs11(options: Pkcs11Options = {}): KeyProvider & AsyncDisposable {
  const { pin, sessions = DEFAULTS.sessions } = options
  if (!(Number.isInteger(sessions) && sessions >= 1 && sessions <= 64)) {
    throw new SealwrightError('VALIDATION', 'sessions is not a number from 1 to 64')
  }
  const opened = connections({ source: sourceOf(options), pin, sessions })
  return {
    contract: 1,
    name: 'pkcs11',
    title: 'the PKCS#11 token',
    schemes: ['pkcs11'],
    permissions: PERMISSIONS,
    canonical,
    open: async (reference, call) => {
      const selector = keySelector(reference)
      return openKey({ connections: opened, pin, reference: canonical(reference), selector }, call)
    },
    classify,
    identify: async () => {
      const { api } = await opened.module()
      const { manufacturerID, libraryDescription, libraryVersion } = api.C_GetInfo()
      const { major, minor } = libraryVersion
      const library = [manufacturerID, libraryDescription].map(text => text.replace(/[\0 ]+$/, '')).join(', ')
      return { source: `the user PIN of the token, through ${library} ${major}.${minor}` }
    },
    admin: adminOf(opened),
    [Symbol.asyncDispose]: () => opened.close(),
  }
}

function adminOf(opened: Connections): KeyAdmin {
  return {
    async *list({ prefix }, call) {
      const wanted = tokenSelector(prefix ?? 'pkcs11:')
      const { api } = await opened.module()
      let isEmpty = true
      for (const token of tokensThatFit(api, wanted.token)) {
        const { label, serial, manufacturer, model } = token
        const exactly = { ...wanted.token, token: label, serial, manufacturer, model }
        for (const key of await opened.use(exactly, call, connection => keysOn(connection, wanted))) {
          call.signal.throwIfAborted()
          isEmpty = false
          yield key
        }
      }
      if (isEmpty && (wanted.id !== undefined || wanted.label !== undefined)) {
        throw new SealwrightError('NOT_FOUND', 'no key that signs has this id, or a label that begins so', {
          why: `looked for ${formatReference(wanted)}`,
          fix: `list them all: ${formatReference({ token: wanted.token })}`,
        })
      }
    },
    create: async (spec, call) => {
      const selector = keySelector(spec.reference)
      return opened.use(selector.token, call, connection => createKey(connection, spec, selector, call))
    },
    attachCertificates: async (reference, chain, call) => {
      const selector = keySelector(reference)
      await opened.use(selector.token, call, connection => attachCertificates(connection, selector, chain))
    },
  }
}

function sourceOf({ module, modulePath, libraryParameters }: Pkcs11Options): ModuleSource | undefined {
  if (module !== undefined && modulePath !== undefined) {
    throw new SealwrightError('VALIDATION', 'both a PKCS#11 module and the path of one are given', {
      fix: 'give module or modulePath',
    })
  }
  if (module !== undefined) return { module, libraryParameters }
  return modulePath === undefined ? undefined : { modulePath, libraryParameters }
}
