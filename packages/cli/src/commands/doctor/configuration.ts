import { existsSync } from 'node:fs'
import { DEFAULT, type Layers, type Sourced } from '../../config/settings.ts'
import type { GlobalFlags } from '../../flags/global-flags.ts'
import type { Io } from '../../runtime/io.ts'
import { type Check, ok } from './check.ts'
import type { ShownSetting } from './document.ts'

/** Which files say how the program works. */
export function checkConfiguration({ paths, projectPath }: Layers): readonly Check[] {
  const files = [projectPath, paths.config, paths.systemConfig].filter(path => path !== undefined)
  const found = files.filter(path => existsSync(path))
  const detail = found.length === 0 ? `no file: neither ${files.join(' nor ')}` : found.join(', ')
  return [ok('configuration', detail)]
}

/** Every value that is in effect, and what says so. */
export function settingsOf(layers: Layers, flags: GlobalFlags, io: Io): readonly ShownSetting[] {
  const { chosen, paths } = layers
  return [
    {
      name: 'config',
      value: paths.config,
      origin: originOf('--config', flags.config, 'SEALWRIGHT_CONFIG', io),
    },
    { name: 'trust', value: paths.trust, origin: trustOrigin(flags, io) },
    ...shown('key', chosen.key),
    ...shown('format', chosen.format),
    ...shown('expiry', chosen.expiry, duration),
    ...shown('timestamp', chosen.timestamp, list => list.join(', ')),
    ...shown('limits.timeout', chosen.timeout, duration),
    ...shown('limits.concurrency', chosen.concurrency),
    ...shown('sign.requireDigest', chosen.requireDigest),
    ...shown('sign.algorithms', chosen.algorithms, list => list.join(', ')),
    ...fromFiles(layers),
    ...fromEnvironment(io),
  ]
}

function originOf(flag: string, given: string | undefined, variable: string, { env }: Io): string {
  if (given !== undefined) return flag
  return env[variable] ? variable : DEFAULT
}

function trustOrigin(flags: GlobalFlags, io: Io): string {
  const origin = originOf('--trust', flags.trust, 'SEALWRIGHT_TRUST', io)
  return origin === DEFAULT && io.env.NOTATION_CONFIG ? 'NOTATION_CONFIG' : origin
}

function shown<T>(
  name: string,
  sourced: Sourced<T> | undefined,
  text: (value: T) => string = String,
): readonly ShownSetting[] {
  return sourced === undefined ? [] : [{ name, value: text(sourced.value), origin: sourced.origin }]
}

function duration(value: number | 'none'): string {
  return value === 'none' ? value : `${value / 1000}s`
}

/** What is merged entry by entry: of each option the user's file counts, else that of the machine. */
function fromFiles({ user, system, project, projectPath = '', paths }: Layers): readonly ShownSetting[] {
  const settings = new Map<string, ShownSetting>()
  for (const [config, origin] of [
    [system, paths.systemConfig ?? ''],
    [user, paths.config],
  ] as const) {
    const put = (name: string, value: unknown): void => {
      settings.set(name, { name, value: typeof value === 'string' ? value : JSON.stringify(value), origin })
    }
    for (const [name, { options, schemes }] of Object.entries(config.providers ?? {})) {
      if (schemes !== undefined) put(`providers.${name}.schemes`, schemes)
      for (const [option, value] of Object.entries(options)) put(`providers.${name}.${option}`, value)
    }
    for (const [host, entry] of Object.entries(config.registries ?? {})) put(`registries.${host}`, entry)
    const { privateHosts, ocspTimeout, crlTimeout } = config.revocation ?? {}
    if (privateHosts !== undefined) put('revocation.privateHosts', privateHosts)
    if (ocspTimeout !== undefined) put('revocation.ocspTimeout', duration(ocspTimeout))
    if (crlTimeout !== undefined) put('revocation.crlTimeout', duration(crlTimeout))
  }
  const metadata = project.metadata ?? {}
  return [
    ...settings.values(),
    ...(Object.keys(metadata).length === 0
      ? []
      : [{ name: 'metadata', value: JSON.stringify(metadata), origin: projectPath }]),
  ]
}

/** Variables that say where stores are or how they are logged in to; of secrets, only that they are set. */
const PLAIN = [
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_KMS',
  'AWS_ROLE_ARN',
  'AZURE_CLIENT_ID',
  'AZURE_TENANT_ID',
  'AZURE_AUTHORITY_HOST',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'GOOGLE_CLOUD_UNIVERSE_DOMAIN',
  'VAULT_ADDR',
  'VAULT_NAMESPACE',
  'VAULT_CACERT',
  'PKCS11_MODULE_PATH',
  'SEALWRIGHT_PIN_FILE',
  'SEALWRIGHT_PASSPHRASE_FILE',
  'NOTATION_CACHE',
  'HTTPS_PROXY',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
] as const
const SECRET = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AZURE_CLIENT_SECRET',
  'VAULT_TOKEN',
  'SEALWRIGHT_PIN',
  'SEALWRIGHT_PASSPHRASE',
] as const

function fromEnvironment({ env }: Io): readonly ShownSetting[] {
  const plain = PLAIN.filter(name => env[name]).map(name => ({
    name,
    value: withoutUser(env[name] as string),
    origin: 'environment',
  }))
  const secret = SECRET.filter(name => env[name] !== undefined).map(name => ({
    name,
    value: 'is set',
    origin: 'environment',
  }))
  return [...plain, ...secret]
}

/** A proxy is often written with its password. */
function withoutUser(value: string): string {
  return value.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1…@')
}
