import { stat } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { isSealwrightError } from '@sealwright/core'
import { readRegularFile } from '@sealwright/core/files'
import type { KeyLock } from '@sealwright/keyring'
import type { Settings } from '../../config/settings.ts'
import { storePackages } from '../../config/store-packages.ts'
import { installCommand } from '../../keys/providers.ts'
import { schemeOf } from '../../keys/reference.ts'
import { ownFixOf } from '../../runtime/fixes.ts'
import type { Io } from '../../runtime/io.ts'
import { MAX_FILE_BYTES } from '../../runtime/read-all.ts'
import { VERSION } from '../../runtime/version.ts'
import { type Check, fault, ok } from './check.ts'

const BUILT_IN = '@sealwright/provider-file'

/** Which stores can be used; one that a name needs and that is not there is a fault. None is loaded but what PKCS#11 needs. */
export async function checkProviders(
  { providers }: Pick<Settings, 'providers'>,
  lock: KeyLock | undefined,
  io: Io,
): Promise<readonly Check[]> {
  const used = new Set(Object.values(lock?.keys ?? {}).map(({ reference }) => schemeOf(reference)))
  const foreign = Object.entries(providers).flatMap(([name, { schemes }]) =>
    schemes === undefined ? [] : [{ package: name, schemes, isNeeded: true }],
  )
  const own = storePackages.map(store => ({
    package: store.package,
    schemes: store.schemes,
    isNeeded: store.schemes.some(scheme => used.has(scheme)),
  }))
  const checks: Check[] = []
  const absent: string[] = []
  for (const { package: name, schemes, isNeeded } of [...own, ...foreign]) {
    const version = name === BUILT_IN ? VERSION : await versionOf(name)
    if (version !== undefined) checks.push(ok('providers', `${name} ${version} (${schemes.join(', ')})`))
    else if (isNeeded)
      checks.push(
        fault('providers', `${name} is not installed, and keys with names need it`, installCommand(name)),
      )
    else absent.push(name)
  }
  if (absent.length > 0) checks.push(ok('providers', `not installed, and not needed: ${absent.join(', ')}`))
  const needsAddon = used.has('pkcs11') || modulePathOf(providers, io) !== undefined
  return [...checks, ...(needsAddon ? await checkAddon() : []), ...(await checkModule(providers, io))]
}

/** npm leaves an addon that it cannot build out without a word. */
async function checkAddon(): Promise<readonly Check[]> {
  const name = '@sealwright/provider-pkcs11'
  if ((await versionOf(name)) === undefined) return []
  try {
    const { loadPkcs11js } = (await import(name)) as { loadPkcs11js(): Promise<void> }
    await loadPkcs11js()
    return [ok('providers', 'pkcs11js loads')]
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return [fault('providers', `${error.message}: ${error.why}`, ownFixOf(error))]
  }
}

function modulePathOf(providers: Settings['providers'], { env }: Pick<Io, 'env'>): string | undefined {
  const path = env.PKCS11_MODULE_PATH || providers['@sealwright/provider-pkcs11']?.options.module
  return typeof path === 'string' ? path : undefined
}

async function versionOf(name: string): Promise<string | undefined> {
  try {
    const path = findPackageJSON(name, import.meta.url)
    if (path === undefined) return undefined
    const bytes = await readRegularFile(path, MAX_FILE_BYTES)
    const { version } = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
      readonly version?: unknown | undefined
    }
    return typeof version === 'string' ? version : 'of no version'
  } catch {
    return undefined
  }
}

/** The PKCS#11 module is code that runs here. */
async function checkModule(providers: Settings['providers'], io: Io): Promise<readonly Check[]> {
  const { platform } = io
  const path = modulePathOf(providers, io)
  if (path === undefined) return []
  const found = await stat(path).catch(() => undefined)
  if (found === undefined)
    return [fault('providers', `the PKCS#11 module ${path} is not there`, 'install it, or correct the path')]
  if (platform !== 'win32' && found.mode & 0o022)
    return [fault('providers', `others can change the PKCS#11 module ${path}`, `chmod go-w ${path}`)]
  return [ok('providers', `PKCS#11 module ${path}`)]
}
