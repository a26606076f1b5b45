import { dirname, resolve } from 'node:path'
import type { AlgorithmId } from '@sealwright/core'
import { canonicalRegistry } from '@sealwright/oci'
import { parseDurationOrNone } from '../frame/duration.ts'
import type { Io } from '../frame/io.ts'
import type { GlobalFlags } from '../program/global-flags.ts'
import { signaturesInFrom } from '../targets/signatures-in.ts'
import { type Paths, pathsOf } from './paths.ts'
import { type ProjectConfig, readProjectConfig } from './project-config.ts'
import { readIfPresent } from './read-if-present.ts'
import { parseUserConfig, type UserConfig } from './user-config.ts'

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
  readonly projectPath?: string
  /** Where several may say a thing: the first that does, and what it is where none does. */
  readonly chosen: Chosen
}

interface Chosen {
  readonly key?: Sourced<string>
  readonly format: Sourced<'jws' | 'cose'>
  readonly expiry?: Sourced<number | 'none'>
  readonly timeout: Sourced<number | 'none'>
  readonly requireDigest: Sourced<boolean>
  readonly algorithms?: Sourced<readonly AlgorithmId[]>
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
  const files = { paths, user, system, project, ...(found === undefined ? {} : { projectPath: found.path }) }
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
    ...(key === undefined ? {} : { key }),
    format: ofProject(project.format) ??
      ofUser(user.format) ??
      ofSystem(system.format) ?? { value: 'jws', origin: DEFAULT },
    ...(expiry === undefined ? {} : { expiry }),
    timeout: sourced('--timeout', flags.timeout) ??
      sourced('SEALWRIGHT_TIMEOUT', environmentTimeout(env)) ??
      ofUser(user.limits?.timeout) ??
      ofSystem(system.limits?.timeout) ?? { value: DEFAULT_TIMEOUT_MS, origin: DEFAULT },
    requireDigest: ofUser(user.sign?.requireDigest) ??
      ofSystem(system.sign?.requireDigest) ?? { value: false, origin: DEFAULT },
    ...(algorithms === undefined ? {} : { algorithms }),
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
