import type { AlgorithmId } from '@sealwright/core'
import { algorithms } from '@sealwright/core'
import { parseDurationOrNone } from '../frame/duration.ts'
import { assertKeyName } from '../keys/key-name.ts'
import { parseSignaturesIn } from '../targets/signatures-in.ts'
import { type ProviderSettings, readProviders } from './provider-settings.ts'
import { type Place, placeOf } from './shape.ts'

/** How to talk to one registry. */
export interface RegistrySettings {
  readonly plainHttp?: boolean
  /** Absolute path of a PEM file. */
  readonly caFile?: string
  /** Absolute paths of PEM files: what is shown to a registry that wants to see a certificate. */
  readonly certFile?: string
  readonly keyFile?: string
  readonly referrers?: 'auto' | 'api' | 'tag'
  /** Where signatures of what this registry holds are read and written; a path in it is absolute. */
  readonly signaturesIn?: string
}

/** A configuration file of the user or of the machine. */
export interface UserConfig {
  readonly defaultKey?: string
  readonly format?: 'jws' | 'cose'
  /** By npm name. */
  readonly providers?: Readonly<Record<string, ProviderSettings>>
  readonly registries?: Readonly<Record<string, RegistrySettings>>
  readonly sign?: { readonly requireDigest?: boolean; readonly algorithms?: readonly AlgorithmId[] }
  readonly limits?: { readonly timeout?: number | 'none'; readonly concurrency?: number }
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
    providers: readProviders,
    registries: place => place.record(readRegistry),
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
