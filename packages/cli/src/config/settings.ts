import type { AlgorithmId } from '@sealwright/core'
import type { Io } from '../frame/io.ts'
import type { GlobalFlags } from '../program/global-flags.ts'
import { type Layers, readLayers } from './layers.ts'
import type { Paths } from './paths.ts'
import type { ProviderSettings } from './provider-settings.ts'
import type { RegistrySettings, UserConfig } from './user-config.ts'

/** The configuration in effect, flags of single commands apart: environment, project, user, machine, default. */
export interface Settings {
  readonly paths: Paths
  /** The key where none is named; a name or, from the environment, a reference. */
  readonly key?: string
  /** The default key of the user's own file, whatever the project and the environment say. */
  readonly defaultKey?: string
  readonly format: 'jws' | 'cose'
  /** Milliseconds; absent for a signature without an end. */
  readonly expiryMs?: number
  readonly metadata: Readonly<Record<string, string>>
  /** The `sealwright.json` that was read, and the settings that it decides where no flag does. */
  readonly project?: {
    readonly path: string
    readonly decides: readonly ('key' | 'format' | 'expiry' | 'metadata')[]
  }
  /** By host, as references spell it. */
  readonly registries: Readonly<Record<string, RegistrySettings>>
  /** By npm name: what the user says to that provider. */
  readonly providers: Readonly<Record<string, ProviderSettings>>
  readonly sign: { readonly requireDigest: boolean; readonly algorithms?: readonly AlgorithmId[] }
  /** For one target; absent where there is no limit. */
  readonly timeoutMs?: number
  /** How many things are done at the same time, where no flag says. */
  readonly concurrency: number
}

/** Reads the files and merges them, as {@link readLayers} does. Throws `VALIDATION` for a file that is unusable. */
export async function readSettings(flags: GlobalFlags, io: Io, withProject: boolean): Promise<Settings> {
  return settingsOf(await readLayers(flags, io, withProject))
}

/** The layers as one. */
export function settingsOf({ paths, user, system, project, projectPath, chosen }: Layers): Settings {
  const { key, format, expiry, timeout, requireDigest, algorithms, concurrency } = chosen
  return {
    paths,
    ...(key === undefined ? {} : { key: key.value }),
    ...(user.defaultKey === undefined ? {} : { defaultKey: user.defaultKey }),
    format: format.value,
    ...(typeof expiry?.value === 'number' ? { expiryMs: expiry.value } : {}),
    metadata: project.metadata ?? {},
    ...(projectPath === undefined
      ? {}
      : { project: { path: projectPath, decides: decidedBy(projectPath, chosen, project.metadata) } }),
    registries: { ...system.registries, ...user.registries },
    providers: mergeProviders(system.providers, user.providers),
    sign: {
      requireDigest: requireDigest.value,
      ...(algorithms === undefined ? {} : { algorithms: algorithms.value }),
    },
    ...(timeout.value === 'none' ? {} : { timeoutMs: timeout.value }),
    concurrency: concurrency.value,
  }
}

function decidedBy(
  path: string,
  chosen: Layers['chosen'],
  metadata: Settings['metadata'] = {},
): NonNullable<Settings['project']>['decides'] {
  return [
    ...(['key', 'format', 'expiry'] as const).filter(name => chosen[name]?.origin === path),
    ...(Object.keys(metadata).length === 0 ? [] : (['metadata'] as const)),
  ]
}

/** Option by option: what the user says of one does not undo what the machine says of another. */
function mergeProviders(
  below: UserConfig['providers'] = {},
  above: UserConfig['providers'] = {},
): Settings['providers'] {
  const names = new Set([...Object.keys(below), ...Object.keys(above)])
  return Object.fromEntries(
    [...names].map(name => {
      const options = { ...below[name]?.options, ...above[name]?.options }
      return [name, { ...below[name], ...above[name], options }]
    }),
  )
}
