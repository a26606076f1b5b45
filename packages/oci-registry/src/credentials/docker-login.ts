import { isSealwrightError, type SealwrightError } from '@sealwright/core'
import type { JsonObject, JsonValue } from '@sealwright/core/encoding'
import type { StoreCall } from '@sealwright/oci'
import { readObject } from '@sealwright/oci/store'
import { askHelper, helperProgram, tellHelper } from './credential-helper.ts'
import { changeDockerConfig, readDockerConfig } from './docker-config.ts'
import { dockerCredentials } from './docker-credentials.ts'
import { hostNames, serverOf } from './docker-names.ts'
import { platformHelper } from './platform-helper.ts'

export interface DockerLoginOptions extends StoreCall {
  /** Docker's `config.json`, or podman's `auth.json`; made if there is none. */
  readonly configFile: string
  /** Default 30 000: a helper may have to ask its user. */
  readonly helperTimeoutMs?: number
}

/** Where a login is kept now. */
export interface KeptLogin {
  /** The file, or the program of the helper. */
  readonly place: string
  /** Whether it is a helper: the file holds the password as it is. */
  readonly helper: boolean
  readonly changed: boolean
  /** Why the helper of the platform, which nobody had named, does not keep it. */
  readonly helperFault?: SealwrightError
}

/**
 * Keeps a login as docker does: in the helper that `credHelpers` names for the host, else in `credsStore`, else in the
 * helper of the platform if the file says nothing of logins yet and one is installed, else in the file itself, which then
 * has mode 0600.
 *
 * @param registry - As in a reference: `registry.example:5000`.
 * @throws {@link SealwrightError} `VALIDATION` when the file is not what it should be, and what helpers end with.
 */
export async function keepDockerLogin(
  registry: string,
  login: { readonly username: string; readonly password: string },
  options: DockerLoginOptions,
): Promise<KeptLogin> {
  const { configFile, helperTimeoutMs = 30_000, ...call } = options
  const server = serverOf(registry)
  const config = (await readDockerConfig(configFile)) ?? {}
  const helper = helperOf(config, registry, configFile)
  const helping = { ...call, timeoutMs: helperTimeoutMs, namedBy: nameIn(configFile) }
  let helperFault: SealwrightError | undefined
  const found = saysNothing(config, configFile) ? await platformHelper() : undefined
  if (found !== undefined) {
    try {
      await tellHelper(found, server, login, helping)
      await put(registry, {}, options, found)
      return { place: helperProgram(found), helper: true, changed: true }
    } catch (error) {
      // One without a session or a key, as on a server, is not a reason to keep nothing.
      if (!isSealwrightError(error) || error.code === 'ABORTED') throw error
      helperFault = error
    }
  }
  if (helper !== undefined) {
    const known = await askHelper(helper, server, helping)
    const same = known && 'username' in known && isSame(known, login)
    if (!same) await tellHelper(helper, server, login, helping)
    const marked = await put(registry, {}, options)
    return { place: helperProgram(helper), helper: true, changed: !same || marked }
  }
  const known = await dockerCredentials({ configFile }).get({ registry, repository: '' }, call)
  if (known && 'username' in known && isSame(known, login)) {
    return { place: configFile, helper: false, changed: false }
  }
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64')
  await put(registry, { auth }, options)
  const fault = helperFault === undefined ? {} : { helperFault }
  return { place: configFile, helper: false, changed: true, ...fault }
}

/**
 * Forgets the login to a registry, wherever docker would look for it.
 *
 * @returns The places that had it.
 * @throws As {@link keepDockerLogin}.
 */
export async function forgetDockerLogin(
  registry: string,
  options: DockerLoginOptions,
): Promise<readonly string[]> {
  const { configFile, helperTimeoutMs = 30_000, ...call } = options
  const helping = { ...call, timeoutMs: helperTimeoutMs, namedBy: nameIn(configFile) }
  const config = await readDockerConfig(configFile)
  if (config === undefined) return []
  const places: string[] = []
  const helper = helperOf(config, registry, configFile)
  const server = serverOf(registry)
  if (helper !== undefined && (await askHelper(helper, server, helping)) !== undefined) {
    await tellHelper(helper, server, undefined, helping)
    places.push(helperProgram(helper))
  }
  const auths = entries(config.auths, configFile)
  const names = hostNames(registry).filter(name => Object.hasOwn(auths, name))
  const held = names.some(name => Object.keys(entries(auths[name], configFile)).length > 0)
  if (names.length > 0) await put(registry, undefined, options)
  return held ? [...places, configFile] : places
}

/** Replaces the entry of a registry, under whatever name it stood. False if it stood there already. */
async function put(
  registry: string,
  entry: JsonObject | undefined,
  { configFile, signal }: DockerLoginOptions,
  credsStore?: string,
): Promise<boolean> {
  let changed = false
  await changeDockerConfig(configFile, signal === undefined ? {} : { signal }, async config => {
    const auths = entries(config.auths, configFile)
    const names = hostNames(registry)
    const others = Object.fromEntries(Object.entries(auths).filter(([name]) => !names.includes(name)))
    const wanted = entry === undefined ? others : { ...others, [serverOf(registry)]: entry }
    changed = JSON.stringify(sorted(wanted)) !== JSON.stringify(sorted(auths))
    const store = credsStore === undefined ? {} : { credsStore }
    return changed ? { ...config, auths: wanted, ...store } : undefined
  })
  return changed
}

function helperOf(config: JsonObject, registry: string, file: string): string | undefined {
  const helpers = entries(config.credHelpers, file)
  const name = hostNames(registry).find(candidate => Object.hasOwn(helpers, candidate))
  const helper = name === undefined ? config.credsStore : helpers[name]
  return typeof helper === 'string' && helper !== '' ? helper : undefined
}

function nameIn(configFile: string): string {
  return `it from "credsStore" or "credHelpers" in ${configFile}`
}

/** As docker has it: only then the helper of the platform is taken. */
function saysNothing({ auths, credHelpers, credsStore }: JsonObject, file: string): boolean {
  const lists = [entries(auths, file), entries(credHelpers, file)]
  return !credsStore && lists.every(list => Object.keys(list).length === 0)
}

function entries(value: JsonValue | undefined, file: string): JsonObject {
  return value === undefined || value === null ? {} : readObject(value, file)
}

function isSame(
  known: { readonly username: string; readonly password: string },
  login: { readonly username: string; readonly password: string },
): boolean {
  return known.username === login.username && known.password === login.password
}

function sorted(auths: JsonObject): [string, JsonValue][] {
  return Object.entries(auths).toSorted(([one], [other]) => (one < other ? -1 : 1)) as [string, JsonValue][]
}
