import { dirname, resolve } from 'node:path'
import type { AlgorithmId } from '@sealwright/core'
import { canonicalRegistry } from '@sealwright/oci'
import type { GlobalFlags } from '../flags/global-flags.ts'
import type { Io } from '../runtime/io.ts'
import { readIfPresent } from '../runtime/read-all.ts'
import { parseDurationOrNone } from '../runtime/time.ts'
import { type Paths, pathsOf } from './paths.ts'
import { type ProjectConfig, readProjectConfig } from './project-config.ts'
import type { ProviderSettings } from './provider-settings.ts'
import { signaturesInFrom } from './signatures-in.ts'
import {
  parseUserConfig,
  type RegistrySettings,
  type RevocationSettings,
  type UserConfig,
} from './user-config.ts'

/** The configuration in effect, flags of single commands apart: environment, project, user, machine, default. */
export interface Settings {
  readonly paths: Paths
  /** The key where none is named; a name or, from the environment, a reference. */
  readonly key?: string | undefined
  /** The default key of the user's own file, whatever the project and the environment say. */
  readonly defaultKey?: string | undefined
  readonly format: 'jws' | 'cose'
  /** Milliseconds; absent for a signature without an end. */
  readonly expiryMs?: number | undefined
  /** URLs of timestamp authorities, where no flag names any. */
  readonly timestamp: readonly string[]
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
  readonly revocation: RevocationSettings
  readonly sign: { readonly requireDigest: boolean; readonly algorithms?: readonly AlgorithmId[] | undefined }
  /** For one target; absent where there is no limit. */
  readonly timeoutMs?: number | undefined
  /** How many things are done at the same time, where no flag says. */
  readonly concurrency: number
}

/** Reads the files and merges them, as {@link readLayers} does. Throws `VALIDATION` for a file that is unusable. */
export async function readSettings(flags: GlobalFlags, io: Io, withProject: boolean): Promise<Settings> {
  return settingsOf(await readLayers(flags, io, withProject))
}

/** The layers as one. */
export function settingsOf({ paths, user, system, project, projectPath, chosen }: Layers): Settings {
  const { key, format, expiry, timestamp, timeout, requireDigest, algorithms, concurrency } = chosen
  return {
    paths,
    key: key?.value,
    defaultKey: user.defaultKey,
    format: format.value,
    ...(typeof expiry?.value === 'number' ? { expiryMs: expiry.value } : {}),
    timestamp: timestamp?.value ?? [],
    metadata: project.metadata ?? {},
    ...(projectPath === undefined
      ? {}
      : { project: { path: projectPath, decides: decidedBy(projectPath, chosen, project.metadata) } }),
    registries: { ...system.registries, ...user.registries },
    revocation: { ...system.revocation, ...user.revocation },
    providers: mergeProviders(system.providers, user.providers),
    sign: {
      requireDigest: requireDigest.value,
      algorithms: algorithms?.value,
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

/** A value and what said so: a flag, a variable, a file. */
export interface Sourced<T> {
  readonly value: T
  readonly origin: string
}

/** Everything that can say how the program works, one over the other. */
export interface Layers {
  readonly paths: Paths
  readonly user: UserConfig
  readonly system: UserConfig
  readonly project: ProjectConfig
  /** What the file of the project is, if there is one. */
  readonly projectPath?: string | undefined
  /** Where several may say a thing: the first that does, and what it is where none does. */
  readonly chosen: Chosen
}

interface Chosen {
  readonly key?: Sourced<string> | undefined
  readonly format: Sourced<'jws' | 'cose'>
  readonly expiry?: Sourced<number | 'none'> | undefined
  readonly timestamp?: Sourced<readonly string[]> | undefined
  readonly timeout: Sourced<number | 'none'>
  readonly requireDigest: Sourced<boolean>
  readonly algorithms?: Sourced<readonly AlgorithmId[]> | undefined
  readonly concurrency: Sourced<number>
}

export const DEFAULT = 'default'
const DEFAULT_TIMEOUT_MS = 60_000
const DEFAULT_CONCURRENCY = 8

/**
 * Reads the files. Throws `VALIDATION` for one that is unusable.
 *
 * @param withProject - Whether `sealwright.json` of the working directory counts: it says how to sign, and nothing else.
 */
export async function readLayers(flags: GlobalFlags, io: Io, withProject: boolean): Promise<Layers> {
  const paths = pathsOf(flags, io)
  const user = await readUserConfig(paths.config)
  const system = paths.systemConfig === undefined ? {} : await readUserConfig(paths.systemConfig)
  const found = withProject ? await readProjectConfig(io.cwd) : undefined
  const project = found?.config ?? {}
  const files = { paths, user, system, project, projectPath: found?.path }
  return { ...files, chosen: choose(files, flags, io) }
}

function choose(
  { paths, user, system, project, projectPath = '' }: Omit<Layers, 'chosen'>,
  flags: GlobalFlags,
  { env }: Io,
): Chosen {
  const ofProject = <T>(value: T | undefined) => sourced(projectPath, value)
  const ofUser = <T>(value: T | undefined) => sourced(paths.config, value)
  const ofSystem = <T>(value: T | undefined) => sourced(paths.systemConfig ?? '', value)
  const key =
    sourced('SEALWRIGHT_KEY', env.SEALWRIGHT_KEY || undefined) ??
    ofProject(project.key) ??
    ofUser(user.defaultKey) ??
    ofSystem(system.defaultKey)
  const expiry = ofProject(project.expiry)
  const algorithms = ofUser(user.sign?.algorithms) ?? ofSystem(system.sign?.algorithms)
  return {
    key,
    format: ofProject(project.format) ??
      ofUser(user.format) ??
      ofSystem(system.format) ?? { value: 'jws', origin: DEFAULT },
    expiry,
    timestamp: ofUser(user.timestamp) ?? ofSystem(system.timestamp),
    timeout: sourced('--timeout', flags.timeout) ??
      sourced('SEALWRIGHT_TIMEOUT', environmentTimeout(env)) ??
      ofUser(user.limits?.timeout) ??
      ofSystem(system.limits?.timeout) ?? { value: DEFAULT_TIMEOUT_MS, origin: DEFAULT },
    requireDigest: ofUser(user.sign?.requireDigest) ??
      ofSystem(system.sign?.requireDigest) ?? { value: false, origin: DEFAULT },
    algorithms,
    concurrency: ofUser(user.limits?.concurrency) ??
      ofSystem(system.limits?.concurrency) ?? { value: DEFAULT_CONCURRENCY, origin: DEFAULT },
  }
}

function sourced<T>(origin: string, value: T | undefined): Sourced<T> | undefined {
  return value === undefined ? undefined : { origin, value }
}

function environmentTimeout(env: Io['env']): number | 'none' | undefined {
  const text = env.SEALWRIGHT_TIMEOUT
  return text ? (parseDurationOrNone(text, 'SEALWRIGHT_TIMEOUT') ?? 'none') : undefined
}

async function readUserConfig(path: string): Promise<UserConfig> {
  const bytes = await readIfPresent(path)
  if (bytes === undefined) return {}
  const config = parseUserConfig(bytes, path)
  if (config.registries === undefined) return config
  // A relative path in the file means one beside it, wherever the program was started.
  const directory = dirname(path)
  const registries = Object.entries(config.registries).map(([host, { caFile, signaturesIn, ...rest }]) => [
    canonicalRegistry(host),
    {
      ...rest,
      ...(caFile === undefined ? {} : { caFile: resolve(directory, caFile) }),
      ...(signaturesIn === undefined ? {} : { signaturesIn: signaturesInFrom(signaturesIn, directory) }),
    },
  ])
  return { ...config, registries: Object.fromEntries(registries) }
}
