import { SealwrightError } from '@sealwright/core'
import { isAllowedHost } from './hosts.ts'

const SCHEME = 'azurekms:'

/** One key of a vault, or one version of it. */
export interface KeyReference {
  /** The vault's whole host in lower case, with a port only where one was allowed. */
  readonly host: string
  /** As it was written; Key Vault itself minds no case. */
  readonly name: string
  readonly version?: string | undefined
}

/** One version of a key. */
export interface KeyVersion extends KeyReference {
  readonly version: string
}

/** A vault rather than a key of it, perhaps with the beginning of names: what is listed. */
export interface StoreReference {
  readonly host: string
  readonly prefix: string
}

const HOST = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?$/
const NAME = /^[0-9A-Za-z-]{1,127}$/
const VERSION = /^[0-9a-f]{32}$/

/** Clouds as smallstep names them in `environment=`. */
const ENVIRONMENTS: Readonly<Record<string, string>> = {
  public: '.vault.azure.net',
  usgov: '.vault.usgovcloudapi.net',
  china: '.vault.azure.cn',
}

/**
 * Reads a reference: `azurekms://HOST/NAME[/VERSION]`; the dialects `azurekms://HOST/keys/NAME/VERSION`
 * (securesystemslib), `azurekms:name=…;vault=…` with `version` and `environment` (smallstep), and Key Vault's own key id
 * `https://HOST/keys/NAME[/VERSION]`.
 *
 * @param allowed - Hosts besides Azure's own.
 * @throws {@link SealwrightError} `VALIDATION` for anything else, a host that is not allowed and a secret among it.
 */
export function parseReference(reference: string, allowed: readonly string[]): KeyReference {
  const { host, segments } = split(reference)
  assertHost(host, allowed)
  const [name = '', version, ...more] = segments
  if (!NAME.test(name)) {
    throw refused(
      'its name is not that of a key: letters, digits and hyphens, at most 127',
      'write azurekms://VAULT.vault.azure.net/NAME',
    )
  }
  if (version === undefined) return { host, name }
  const lower = version.toLowerCase()
  if (more.length > 0 || !VERSION.test(lower)) {
    throw refused(
      'the part after the name is not a version of 32 hexadecimal digits',
      'copy the version, or leave it out',
    )
  }
  return { host, name, version: lower }
}

/** The one spelling: the host in lower case, the name as it was written. */
export function formatReference({ host, name, version }: KeyReference): string {
  return `${SCHEME}//${host}/${name}${version === undefined ? '' : `/${version}`}`
}

/** Reads `azurekms://HOST` and `azurekms://HOST/BEGINNING`. */
export function parseStore(reference: string, allowed: readonly string[]): StoreReference {
  const { host, segments } = split(reference)
  assertHost(host, allowed)
  const [prefix = '', ...more] = segments
  if (more.length > 0 || !/^[0-9A-Za-z-]*$/.test(prefix)) {
    throw refused(
      'it is not a vault and the beginning of a name',
      'write azurekms://VAULT.vault.azure.net/BEGINNING',
    )
  }
  return { host, prefix }
}

/** Key Vault's own id of a key version; `undefined` for what is none. */
export function parseKeyId(id: unknown): KeyVersion | undefined {
  if (typeof id !== 'string') return undefined
  const [, host, name = '', version = ''] = /^https:\/\/([^/]+)\/keys\/([^/]+)\/([^/]+)$/.exec(id) ?? []
  if (host === undefined || !HOST.test(host.toLowerCase()) || !NAME.test(name) || !VERSION.test(version)) {
    return undefined
  }
  return { host: host.toLowerCase(), name, version }
}

function split(reference: string): { readonly host: string; readonly segments: readonly string[] } {
  if (!/^[\x21-\x7e]*$/.test(reference))
    throw refused('it holds blanks or characters beyond ASCII', 'check it')
  if (reference.startsWith('https://')) {
    const [host = '', collection, ...segments] = reference.slice('https://'.length).split('/')
    const [name = '', version] = segments
    if (collection !== 'keys') throw notKey(collection, host, name, version)
    return { host: host.toLowerCase(), segments }
  }
  if (!reference.startsWith(SCHEME)) {
    throw refused(
      'it begins with neither azurekms: nor https:',
      'write azurekms://VAULT.vault.azure.net/NAME',
    )
  }
  const rest = reference.slice(SCHEME.length)
  if (!rest.startsWith('//')) return fromParameters(rest.split(/[;?&]/))
  const [host = '', ...segments] = rest.slice(2).split('/')
  const [first, name = '', version] = segments
  if ((first === 'certificates' || first === 'secrets') && isPath(segments)) {
    throw notKey(first, host, name, version)
  }
  // Of two segments the first is the name (sigstore); of three it is the collection (securesystemslib).
  return { host: host.toLowerCase(), segments: isCollected(segments) ? segments.slice(1) : segments }
}

/** The portal shows three identifiers of one certificate; those of its certificate and secret have the name of its key. */
function notKey(
  collection: string | undefined,
  host: string,
  name: string,
  version: string | undefined,
): SealwrightError {
  const isSibling = collection === 'certificates' || collection === 'secrets'
  if (!isSibling || !HOST.test(host.toLowerCase()) || !NAME.test(name)) {
    return refused('its path does not begin with /keys/', 'copy the id of the key')
  }
  const isVersion = version !== undefined && VERSION.test(version.toLowerCase())
  const key = { host: host.toLowerCase(), name, ...(isVersion ? { version: version.toLowerCase() } : {}) }
  return refused(
    `it is the identifier of a ${collection.slice(0, -1)}; its key has the same name and version`,
    `write ${formatReference(key)}`,
  )
}

function isCollected(segments: readonly string[]): boolean {
  return segments[0] === 'keys' && isPath(segments)
}

/** Collection, name and perhaps version, rather than the name and version of a key that is called like a collection. */
function isPath({ length, 1: second = '' }: readonly string[]): boolean {
  return length === 3 || (length === 2 && second !== '' && !VERSION.test(second.toLowerCase()))
}

function fromParameters(pairs: readonly string[]): ReturnType<typeof split> {
  const found = new Map<string, string>()
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = (equals < 0 ? pair : pair.slice(0, equals)).toLowerCase()
    assertParameter(name)
    if (found.has(name)) throw refused(`it says ${name} twice`, 'say it once')
    found.set(name, equals < 0 ? '' : pair.slice(equals + 1))
  }
  const domain = ENVIRONMENTS[found.get('environment') ?? 'public']
  if (domain === undefined)
    throw refused('its environment is none of public, usgov, china', 'write the whole host')
  const vault = (found.get('vault') ?? '').toLowerCase()
  const version = found.get('version')
  return {
    host: vault.includes('.') ? vault : `${vault}${domain}`,
    segments: [found.get('name') ?? '', ...(version === undefined ? [] : [version])],
  }
}

function assertParameter(name: string): void {
  if (['name', 'vault', 'version', 'environment'].includes(name)) return
  if (/secret|token|pass|pin|cred/.test(name)) {
    throw refused('it carries a secret', 'give credentials as the Azure SDK finds them, or as an option')
  }
  if (name === 'tenant-id' || name === 'client-id') {
    throw refused('it chooses credentials', 'set AZURE_TENANT_ID and AZURE_CLIENT_ID, or give a credential')
  }
  if (name === 'hsm') {
    throw refused('it chooses the protection of a key', 'leave hsm out; say it where a key is made')
  }
  throw refused(
    'it has a parameter that is not known',
    'of parameters, only name, vault, version and environment may be given',
  )
}

function assertHost(host: string, allowed: readonly string[]): void {
  if (HOST.test(host) && isAllowedHost(host, allowed)) return
  throw refused(
    'its host is not an Azure vault, and tokens are sent to those only',
    'write the whole host, VAULT.vault.azure.net or NAME.managedhsm.azure.net; allow others by the option hosts',
  )
}

/** The reference itself stays out of the message: it may carry what it must not. */
function refused(why: string, fix: string): SealwrightError {
  return new SealwrightError('VALIDATION', 'the reference names no key of Azure Key Vault', { why, fix })
}
