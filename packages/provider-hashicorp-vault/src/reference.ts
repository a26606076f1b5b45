import { SealwrightError } from '@sealwright/core'

/** A key of a transit engine, perhaps one version of it. */
export interface KeyReference {
  /** Path of the transit engine, without slashes at its ends. */
  readonly mount: string
  readonly name: string
  readonly version?: number | undefined
  readonly namespace?: string | undefined
}

/** Part of a reference: the keys of one engine whose names begin alike. */
export interface KeyPrefix {
  readonly mount: string
  readonly namePrefix: string
  readonly namespace?: string | undefined
}

export const SCHEMES = ['hashivault', 'openbao', 'hv'] as const

export const DEFAULT_MOUNT = 'transit'

/** Vault's own rule for names in paths (`framework.GenericNameRegex`). */
const KEY_NAME = /^\w(?:[\w.-]*\w)?$/
/** Stricter than Vault's for mounts: nothing that needs encoding, and no `.` or `..`. */
const SEGMENT = /^\w[\w.+~-]*$/
const VERSION = /^[1-9]\d{0,8}$/
const SECRET = /^(?:token|secret|secret[-_]id|password|pass|passphrase|pin|pin-value|jwt)$/i

/**
 * Reads `hashivault://[MOUNT/]KEY[?version=N][&namespace=NS]`, and the dialects `openbao://…` (as cosign has it) and
 * `hv:KEY/VERSION` (securesystemslib). The last segment is the key; the mount may have several and is `transit` when absent.
 *
 * @throws {@link SealwrightError} `VALIDATION` for anything else, without repeating it.
 */
export function parseReference(reference: string): KeyReference {
  const dialect = /^hv:([^/?#]+)\/([^/?#]+)$/.exec(reference)
  if (dialect !== null) {
    return { mount: DEFAULT_MOUNT, name: keyName(dialect[1]!), version: versionOf(dialect[2]!) }
  }
  const { path, query } = split(reference)
  const segments = path.split('/')
  const name = keyName(segments.pop()!)
  return { mount: mountOf(segments), name, ...query }
}

/**
 * Reads what `list` takes: `hashivault:` and `hashivault://` for the engine at `transit`, `hashivault://MOUNT/` for another,
 * and behind the last slash perhaps the beginning of a name.
 */
export function parsePrefix(prefix: string | undefined): KeyPrefix {
  if (prefix === undefined || SCHEMES.some(scheme => prefix === `${scheme}:`)) {
    return { mount: DEFAULT_MOUNT, namePrefix: '' }
  }
  const { path, query } = split(prefix)
  if (query.version !== undefined) throw refused('it names a version', 'leave the version out')
  const segments = path.split('/')
  const namePrefix = segments.pop()!
  if (namePrefix !== '' && !/^\w[\w.-]*$/.test(namePrefix)) throw badName()
  return { mount: mountOf(segments), namePrefix, ...query }
}

/** The one spelling: `transit` is left out, `version` stands before `namespace`. */
export function formatReference({ mount, name, version, namespace }: KeyReference): string {
  const path = mount === DEFAULT_MOUNT ? name : `${mount}/${name}`
  const query = [
    ...(version === undefined ? [] : [`version=${version}`]),
    ...(namespace === undefined ? [] : [`namespace=${namespace}`]),
  ]
  return `hashivault://${path}${query.length === 0 ? '' : `?${query.join('&')}`}`
}

export function canonical(reference: string): string {
  return formatReference(parseReference(reference))
}

/**
 * A namespace without slashes at its ends, as Vault's header takes it too.
 *
 * @param named - The variable or option that gives it; without, it is a reference's.
 */
export function namespaceOf(text: string, named?: string): string {
  const namespace = text.replace(/^\/|\/$/g, '')
  if (namespace.split('/').every(segment => SEGMENT.test(segment))) return namespace
  const why = 'a namespace has letters, digits, "_", "-", ".", "+" and "~", and slashes between its segments'
  if (named === undefined) throw refused(why, 'write namespace=TEAM or namespace=A/B')
  throw new SealwrightError('VALIDATION', `${named} is not a namespace of Vault`, { why })
}

function split(reference: string): { path: string; query: Pick<KeyReference, 'version' | 'namespace'> } {
  const match = /^(?:hashivault|openbao):\/\/([^?#]*)(?:\?([^#]*))?$/.exec(reference)
  if (match === null) throw refused('it does not have that form')
  return { path: match[1]!, query: queryOf(match[2]) }
}

function queryOf(text: string | undefined): Pick<KeyReference, 'version' | 'namespace'> {
  if (text === undefined) return {}
  const found = new Map<string, string>()
  for (const part of text.split('&')) {
    const [name, value = ''] = part.split(/=(.*)/s, 2) as [string, string?]
    if (SECRET.test(name)) {
      throw refused('it carries a secret', 'give it by VAULT_TOKEN or by the options of the provider')
    }
    if ((name !== 'version' && name !== 'namespace') || found.has(name)) {
      throw refused('after ? stand only version=N and namespace=NS, each once')
    }
    found.set(name, value)
  }
  const version = found.get('version')
  const namespace = found.get('namespace')
  return {
    version: version === undefined ? undefined : versionOf(version),
    namespace: namespace === undefined ? undefined : namespaceOf(namespace),
  }
}

function mountOf(segments: readonly string[]): string {
  if (segments.length === 0) return DEFAULT_MOUNT
  if (segments.some(segment => /[:@]/.test(segment))) {
    throw refused('it holds an address', 'give the address by VAULT_ADDR or the option `address`')
  }
  if (segments.every(segment => SEGMENT.test(segment))) return segments.join('/')
  throw refused('its mount has a character or a segment that cannot be')
}

function keyName(text: string): string {
  if (KEY_NAME.test(text)) return text
  throw badName()
}

function badName(): SealwrightError {
  return refused(
    'a name of a key has letters, digits, "_", "-" and ".", and neither begins nor ends with "-" or "."',
  )
}

function versionOf(text: string): number {
  if (VERSION.test(text)) return Number(text)
  throw refused('a version is a whole number from 1')
}

/** The reference itself stays out of the message: it may carry what it must not. */
function refused(
  why: string,
  fix = 'write hashivault://[MOUNT/]KEY, if need be with ?version=N&namespace=NS',
): SealwrightError {
  return new SealwrightError('VALIDATION', 'the reference names no key of Vault or OpenBao', { why, fix })
}
