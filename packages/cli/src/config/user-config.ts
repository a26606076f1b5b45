import { isIPv6 } from 'node:net'
import { type AlgorithmId, algorithms } from '@sealwright/core'
import { writeFileAtomic } from '@sealwright/core/files'
import { parseAuthority } from '../flags/common-flags.ts'
import type { Io } from '../runtime/io.ts'
import { readIfPresent } from '../runtime/read-all.ts'
import { parseDuration, parseDurationOrNone } from '../runtime/time.ts'
import { assertKeyName } from './key-name.ts'
import { locked } from './locked.ts'
import { type ProviderSettings, readProviders } from './provider-settings.ts'
import { type Place, placeOf } from './shape.ts'
import { parseSignaturesIn } from './signatures-in.ts'

/** How to talk to one registry. */
export interface RegistrySettings {
  readonly plainHttp?: boolean | undefined
  /** Absolute path of a PEM file. */
  readonly caFile?: string | undefined
  /** Absolute paths of PEM files: what is shown to a registry that wants to see a certificate. */
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
  readonly referrers?: 'auto' | 'api' | 'tag' | undefined
  /** Where signatures of what this registry holds are read and written; a path in it is absolute. */
  readonly signaturesIn?: string | undefined
}

/** How OCSP responders and CRLs are asked. */
export interface RevocationSettings {
  /** Hosts that may be asked although they have a private address: names or IP addresses, without a port. */
  readonly privateHosts?: readonly string[] | undefined
  /** Milliseconds for one OCSP response. */
  readonly ocspTimeout?: number | undefined
  /** Milliseconds for one CRL. */
  readonly crlTimeout?: number | undefined
}

/** A configuration file of the user or of the machine. */
export interface UserConfig {
  readonly defaultKey?: string | undefined
  readonly format?: 'jws' | 'cose' | undefined
  /** URLs of timestamp authorities, in the order in which they are asked. */
  readonly timestamp?: readonly string[] | undefined
  /** By npm name. */
  readonly providers?: Readonly<Record<string, ProviderSettings>> | undefined
  readonly registries?: Readonly<Record<string, RegistrySettings>> | undefined
  readonly revocation?: RevocationSettings | undefined
  readonly sign?: {
    readonly requireDigest?: boolean | undefined
    readonly algorithms?: readonly AlgorithmId[] | undefined
  }
  readonly limits?: {
    readonly timeout?: number | 'none' | undefined
    readonly concurrency?: number | undefined
  }
}

/**
 * Reads a configuration file.
 *
 * @param label - Its path, for messages.
 * @throws {@link SealwrightError} `VALIDATION` with line and column; a member that nothing here honours is refused.
 */
export function parseUserConfig(bytes: Uint8Array, label: string): UserConfig {
  return placeOf(bytes, label).object({
    defaultKey: place => place.read(text => assertKeyName(text)),
    format: place => place.oneOf('jws', 'cose'),
    timestamp: place => place.list(item => item.read(parseAuthority)),
    providers: readProviders,
    registries: place => place.record(readRegistry),
    revocation: place =>
      place.object({
        privateHosts: member => member.list(readHost),
        ocspTimeout: member => member.read(parseDuration),
        crlTimeout: member => member.read(parseDuration),
      }),
    sign: place =>
      place.object({
        requireDigest: member => member.flag(),
        algorithms: member => member.list(item => item.oneOf(...(Object.keys(algorithms) as AlgorithmId[]))),
      }),
    limits: place =>
      place.object({
        timeout: member => member.read((text, name) => parseDurationOrNone(text, name) ?? ('none' as const)),
        concurrency: member => member.count(),
      }),
  }) as UserConfig
}

function readRegistry(place: Place): RegistrySettings {
  const settings = place.object({
    plainHttp: member => member.flag(),
    caFile: member => member.text(),
    certFile: member => member.file(),
    keyFile: member => member.file(),
    referrers: member => member.oneOf('auto', 'api', 'tag'),
    signaturesIn: member =>
      member.read(text => {
        parseSignaturesIn(text)
        return text
      }),
  })
  if ((settings.certFile === undefined) !== (settings.keyFile === undefined)) {
    place.fail(`${place.name} must have both certFile and keyFile, or neither`)
  }
  return settings as RegistrySettings
}

/** A name or an IP address alone: with a port, a scheme or a path it would match no host. */
function readHost(place: Place): string {
  const host = place.text()
  if (/^[A-Za-z0-9._-]+$/.test(host) || isIPv6(host.replace(/^\[(.*)\]$/, '$1'))) return host
  return place.fail(
    `${place.name} is not a host: ${JSON.stringify(host)}`,
    'use a name or an IP address, without scheme, port or path',
  )
}

type Json = Readonly<Record<string, unknown>>

/** Changes the user's configuration, and leaves alone what the change does not touch. A file with a fault is not changed. */
export async function editUserConfig(io: Io, path: string, change: (config: Json) => Json): Promise<void> {
  await locked(io, path, async () => {
    const bytes = await readIfPresent(path)
    if (bytes !== undefined) parseUserConfig(bytes, path)
    const config = change(bytes === undefined ? {} : JSON.parse(Buffer.from(bytes).toString('utf8')))
    const text = `${JSON.stringify(config, undefined, 2)}\n`
    parseUserConfig(Buffer.from(text), path)
    await writeFileAtomic(path, text)
  })
}

/** Sets or, with `undefined`, removes the default key in the user's configuration; all else stays as it is. */
export async function writeDefaultKey(io: Io, path: string, name: string | undefined): Promise<void> {
  await editUserConfig(io, path, ({ defaultKey: _, ...rest }) =>
    name === undefined ? rest : { defaultKey: name, ...rest },
  )
}
