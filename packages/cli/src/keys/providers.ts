import { fileURLToPath } from 'node:url'
import { type KeyProvider, SealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import type { ProviderSource } from '@sealwright/keyring'
import type { ProviderSettings, SecretPlace } from '../config/provider-settings.ts'
import type { Settings } from '../config/settings.ts'
import { type StorePackage, storePackages } from '../config/store-packages.ts'
import type { Io } from '../runtime/io.ts'
import { readSecretFile } from '../runtime/read-all.ts'
import { usageError } from '../runtime/usage.ts'
import type { PassphraseSource } from './passphrase.ts'
import { type PinSource, withPins } from './pin.ts'

/** How file keys are encrypted when they are made. */
export type FileEncryption = 'passphrase' | 'none'

/** What the stores of one run are given beside the configuration. */
export interface StoreInputs {
  readonly io: Pick<Io, 'env'>
  readonly passphrase: PassphraseSource
  readonly encryption: FileEncryption
  /** Whether files of keys are opened that others can read. */
  readonly allowReadableKey: boolean
  readonly pins: PinSource
  /** The PKCS#11 module of a flag, a variable or a reference that is being added; before that of the configuration. */
  readonly module?: string | undefined
}

type Factory = (options: unknown) => KeyProvider
type Module = Readonly<Record<string, unknown>>

/** Every store by its schemes; none is loaded before its scheme is used. */
export function providerSources(
  { providers }: Pick<Settings, 'providers'>,
  inputs: StoreInputs,
): readonly ProviderSource[] {
  const foreign = Object.entries(providers).filter(([, { schemes }]) => schemes !== undefined)
  return [
    ...storePackages.map(store => ({
      schemes: store.schemes,
      package: store.package,
      load: () => loadStore(store, providers[store.package]?.options ?? {}, inputs),
    })),
    ...foreign.map(([name, settings]) => ({
      schemes: settings.schemes as readonly string[],
      package: name,
      load: () => loadForeign(name, settings, inputs.io),
    })),
  ]
}

async function loadStore(
  store: StorePackage,
  settings: ProviderSettings['options'],
  inputs: StoreInputs,
): Promise<KeyProvider> {
  const options = { ...((await store.options?.(settings, inputs.io)) ?? settings) }
  if (store.factory === 'fileKeys') {
    const { fileKeys } = await import('@sealwright/provider-file')
    return fileKeys({
      ...options,
      ...(inputs.allowReadableKey ? { allowOthersToRead: true } : {}),
      passphrase: request => inputs.passphrase(request),
      ...(inputs.encryption === 'none' ? { encryption: 'none' as const } : {}),
    })
  }
  const make = (await importInstalled(store.package, store.schemes))[store.factory] as Factory
  if (store.factory !== 'pkcs11') return make(options)
  const modulePath = inputs.module ?? options.modulePath
  if (modulePath === undefined) throw noModule()
  return withPins(make({ ...options, modulePath, pin: inputs.pins.ask }), inputs.pins)
}

async function loadForeign(
  name: string,
  { factory, options, schemes = [], secrets = {} }: ProviderSettings,
  io: StoreInputs['io'],
) {
  const module = await importInstalled(name, schemes)
  const names = Object.keys(module).filter(each => typeof module[each] === 'function')
  const chosen = factory ?? (names.length === 1 ? names[0] : undefined)
  const make = chosen === undefined ? undefined : module[chosen]
  if (typeof make === 'function')
    return (make as Factory)({ ...options, ...(await readSecrets(name, secrets, io)) })
  throw usageError(`the configuration does not say how ${name} makes a key provider`, {
    why: `it exports ${names.length === 0 ? 'no function' : `the functions ${names.join(', ')}`}${factory === undefined ? '' : `, and no ${factory}`}`,
    fix: `name one of them in the configuration: "${name}": { "factory": "…", … }`,
  })
}

async function readSecrets(
  name: string,
  secrets: Readonly<Record<string, SecretPlace>>,
  { env }: StoreInputs['io'],
): Promise<Readonly<Record<string, string>>> {
  const read = Object.entries(secrets).map(async ([option, place]) => {
    if ('file' in place) return [option, await readSecretFile(place.file, '/', option)] as const
    const value = env[place.variable]
    if (value) return [option, value] as const
    throw usageError(`${name} needs the variable ${place.variable}`, {
      why: `the configuration reads its option ${option} from there, and it is ${value === undefined ? 'not set' : 'empty'}`,
      fix: 'set it, or change providers in the configuration',
    })
  })
  return Object.fromEntries(await Promise.all(read))
}

async function importInstalled(name: string, schemes: readonly string[]): Promise<Module> {
  try {
    return (await import(name)) as Module
  } catch (error) {
    if (!isMissing(error, name)) throw error
    throw new SealwrightError('UNSUPPORTED', `the key provider ${name} is not installed`, {
      why: `references that begin with ${schemes[0]}: need it, and it is not installed next to this program`,
      fix: installCommand(name),
      cause: error,
    })
  }
}

/** Whether the package itself is not there, rather than something that it needs. */
function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as {
    readonly code?: unknown | undefined
    readonly message?: unknown | undefined
  }
  return code === 'ERR_MODULE_NOT_FOUND' && typeof message === 'string' && message.includes(`'${name}'`)
}

function noModule(): SealwrightError {
  return usageError('the PKCS#11 module is not known', {
    why: 'neither --pkcs11-module, PKCS11_MODULE_PATH nor the configuration names the library of the token',
    fix: 'add --pkcs11-module FILE, e.g. /usr/lib/softhsm/libsofthsm2.so; key add and key create keep it',
  })
}

/** The command that installs a package next to this program: as the program itself was installed. */
export function installCommand(name: string, program: string = import.meta.url): string {
  if (program.includes('/_npx/')) return `npx -p sealwright -p ${name} sealwright …`
  const end = program.indexOf('/lib/node_modules/')
  if (end < 0) return `npm install ${name}`
  return `npm install --global --prefix ${shellQuote(fileURLToPath(program.slice(0, end)))} ${name}`
}
