import { realpath } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { CKF, CKR } from './constants.ts'
import { rvOf } from './failure.ts'
import { type TokenLogin, tokenLogin } from './login.ts'
import type { Pkcs11Module } from './module.ts'

/** Where the functions of a module come from. */
export type ModuleSource =
  | { readonly module: Pkcs11Module; readonly libraryParameters?: string | undefined }
  | { readonly modulePath: string; readonly libraryParameters?: string | undefined }

/** A module that this process has initialised; it stays so to the end, for others may use it, too. */
export interface LoadedModule {
  readonly api: Pkcs11Module
  /** One log-in for each token and process, as Cryptoki has it, whichever provider asks for it. */
  login(tokenKey: string): TokenLogin
}

interface Entry extends LoadedModule {
  readonly libraryParameters: string | undefined
}

const byPath = new Map<string, Pkcs11Module>()
const initialised = new WeakMap<Pkcs11Module, Entry>()

/**
 * Loads a module and initialises it once for the process. It is never finalised: that would end the sessions of everybody
 * else who uses it.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a path that is not a module, or parameters that differ from those in use;
 * `UNSUPPORTED` where pkcs11js is not installed or the module cannot be used from several threads.
 */
export async function loadModule(source: ModuleSource): Promise<LoadedModule> {
  const api = 'module' in source ? source.module : await atPath(source.modulePath)
  return initialise(api, source.libraryParameters)
}

/** Lets the next {@link loadModule} initialise again: somebody else has finalised the module. */
export function forgetInitialisation({ api }: LoadedModule): void {
  initialised.delete(api)
}

function initialise(api: Pkcs11Module, libraryParameters: string | undefined): LoadedModule {
  const known = initialised.get(api)
  if (known !== undefined) {
    if (libraryParameters === known.libraryParameters) return known
    throw new SealwrightError('VALIDATION', 'the PKCS#11 module runs with other library parameters', {
      why: 'a module is initialised once in a process',
      fix: 'give the same libraryParameters everywhere',
    })
  }
  try {
    api.C_Initialize({
      // Without this flag a module may take us for a single thread, and concurrent calls crash the process.
      flags: CKF.osLockingOk,
      // pkcs11js 2.1.7 drops the last byte of the text.
      ...(libraryParameters === undefined ? {} : { libraryParameters: `${libraryParameters} ` }),
    })
  } catch (error) {
    if (rvOf(error) !== CKR.cryptokiAlreadyInitialized) throw notInitialised(error)
  }
  const logins = new Map<string, TokenLogin>()
  const entry: Entry = {
    api,
    libraryParameters,
    login: tokenKey => {
      let login = logins.get(tokenKey)
      if (login === undefined) {
        login = tokenLogin()
        logins.set(tokenKey, login)
      }
      return login
    },
  }
  initialised.set(api, entry)
  return entry
}

async function atPath(modulePath: string): Promise<Pkcs11Module> {
  if (!isAbsolute(modulePath)) {
    throw new SealwrightError('VALIDATION', 'the path of the PKCS#11 module is not absolute', {
      why: 'which library is loaded must not depend on the working directory',
      fix: 'give the whole path, such as /usr/lib/softhsm/libsofthsm2.so',
    })
  }
  const path = await realpath(modulePath).catch(cause => {
    throw new SealwrightError('VALIDATION', `there is no PKCS#11 module ${modulePath}`, {
      fix: 'install the software of the token, or correct the path',
      cause,
    })
  })
  const { PKCS11 } = await importPkcs11js()
  const known = byPath.get(path)
  if (known !== undefined) return known
  const api = new PKCS11()
  try {
    api.load(path)
  } catch (cause) {
    throw new SealwrightError('VALIDATION', `${modulePath} cannot be loaded as a PKCS#11 module`, {
      fix: 'check that it is a PKCS#11 module for this machine, and that the libraries it needs are installed',
      cause,
    })
  }
  byPath.set(path, api)
  return api
}

/** Not a literal where it is imported: bundlers leave a native addon as a package beside the bundle. */
const PKCS11JS = 'pkcs11js'

async function importPkcs11js() {
  try {
    return ((await import(PKCS11JS)) as { default: typeof import('pkcs11js') }).default
  } catch (cause) {
    throw unusableAddon(cause)
  }
}

/**
 * Loads pkcs11js, the native addon that speaks to modules. npm leaves it out without a word where it could not be built.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED`, saying how to get it.
 */
export async function loadPkcs11js(): Promise<void> {
  await importPkcs11js()
}

const TOOLS =
  'have a C++ compiler, make, Python and the headers of Node.js (from nodejs.org, or in the directory that npm_config_nodedir names, such as /usr)'

/** What npm needs to find this package, if it was installed globally. */
export function globalFlags(module: string): string {
  const end = module.indexOf('/lib/node_modules/')
  return end < 0 ? '' : ` --global --prefix ${shellQuote(fileURLToPath(module.slice(0, end)))}`
}

/** @param cause - What `import` threw. */
export function unusableAddon(cause: unknown): SealwrightError {
  const { code } = cause as { readonly code?: unknown | undefined }
  const scope = globalFlags(import.meta.url)
  const [why, fix] =
    code === 'ERR_MODULE_NOT_FOUND'
      ? [
          'it is not installed: npm leaves it out where it cannot be built',
          `npm install${scope} pkcs11js@2.1.7`,
        ]
      : code === 'ERR_DLOPEN_FAILED'
        ? ['it was built for another version of Node.js, or another machine', `npm rebuild${scope} pkcs11js`]
        : ['it is installed and was not built', `npm rebuild${scope} pkcs11js`]
  return new SealwrightError('UNSUPPORTED', 'PKCS#11 tokens need the package pkcs11js', {
    why,
    fix: `${TOOLS}, and run: ${fix} --foreground-scripts`,
    cause,
  })
}

function notInitialised(error: unknown): unknown {
  const rv = rvOf(error)
  if (rv === undefined) return error
  return new SealwrightError(
    rv === CKR.cantLock ? 'UNSUPPORTED' : 'UNAVAILABLE',
    'the PKCS#11 module does not start',
    {
      why:
        rv === CKR.cantLock
          ? 'it cannot be used from several threads'
          : `C_Initialize answered 0x${rv.toString(16)}`,
      fix: 'check its own configuration (files, environment), and libraryParameters where it needs them',
      cause: error,
    },
  )
}
