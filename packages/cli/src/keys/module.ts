import { resolve } from 'node:path'
import type { Settings } from '../config/settings.ts'
import { editUserConfig } from '../config/user-config.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'

const PACKAGE = '@sealwright/provider-pkcs11'

/** A reference that a user gave, and the PKCS#11 module that stood in it. */
export interface GivenReference {
  readonly text: string
  readonly module?: string | undefined
}

/** Takes the `module-path` out of a PKCS#11 URI. Only commands that write to the configuration do. */
export function takeModule(text: string): GivenReference {
  if (!namesModule(text)) return { text }
  const [uri = '', query = ''] = text.split('?', 2)
  const attributes = query.split('&')
  const path = attributes.find(attribute => attribute.startsWith('module-path='))
  if (path === undefined || attributes.length > 1) {
    throw usageError('the reference has parameters for its module that are not supported', {
      why: 'after ? only module-path is allowed, once',
      fix: 'write pkcs11:token=…;object=…?module-path=/usr/lib/…',
    })
  }
  return { text: uri, module: decoded(path.slice('module-path='.length)) }
}

/** Whether a PKCS#11 URI names a module. */
export function namesModule(text: string): boolean {
  return /^pkcs11:.*[?&]module-(?:path|name)=/s.test(text)
}

/**
 * The module for this run, before that of the configuration: the flag's, else the reference's, else that of
 * `PKCS11_MODULE_PATH`.
 */
export function moduleFor(
  { io }: Session,
  { flag, reference }: { readonly flag?: string | undefined; readonly reference?: string | undefined },
): string | undefined {
  if (flag !== undefined) return resolve(io.cwd, flag)
  return reference ?? (io.env.PKCS11_MODULE_PATH || undefined)
}

/** Throws where the configuration names another module: it is for all keys in tokens. */
export function assertModuleFits({ providers, paths }: Settings, module: string | undefined): void {
  const known = providers[PACKAGE]?.options.module
  if (module === undefined || known === undefined || known === module) return
  throw usageError('the configuration names another PKCS#11 module than the reference', {
    why: `${paths.config} says ${String(known)}, and every key in a token is opened with it`,
    fix: 'change it there, or leave module-path out and give --pkcs11-module with each command',
  })
}

/**
 * The module that later runs need to open a key that is named now: the reference's, else the flag's where the configuration
 * names none.
 */
export function moduleToKeep(
  { io }: Session,
  { providers }: Settings,
  given: GivenReference,
  flag: string | undefined,
): string | undefined {
  if (given.module !== undefined) return given.module
  const isNeeded = flag !== undefined && given.text.startsWith('pkcs11:')
  return isNeeded && providers[PACKAGE]?.options.module === undefined ? resolve(io.cwd, flag) : undefined
}

/** Keeps the module of a reference in the user's configuration. */
export async function keepModule(
  { io, note }: Session,
  { paths, providers }: Settings,
  module: string | undefined,
): Promise<void> {
  if (module === undefined || providers[PACKAGE]?.options.module === module) return
  await editUserConfig(io, paths.config, config => {
    const all = (config.providers ?? {}) as Readonly<Record<string, object>>
    return { ...config, providers: { ...all, [PACKAGE]: { ...all[PACKAGE], module } } }
  })
  note(`${paths.config} now names the PKCS#11 module ${module}`)
}

function decoded(text: string): string {
  let path: string
  try {
    path = decodeURIComponent(text)
  } catch (cause) {
    throw usageError('the module-path of the reference is not percent-encoded', {
      fix: 'write % as %25',
      cause,
    })
  }
  if (path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path)) return path
  throw usageError('the module-path of the reference is not an absolute path', {
    why: 'it is looked for at one place only, wherever the program is started',
    fix: 'write module-path=/usr/lib/…',
  })
}
