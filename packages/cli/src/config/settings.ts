import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { AlgorithmId } from '@sealwright/core'
import { parseDurationOrNone } from '../frame/duration.ts'
import type { Io } from '../frame/io.ts'
import type { GlobalFlags } from '../program/global-flags.ts'
import { type Paths, pathsOf } from './paths.ts'
import { findProjectConfig, type ProjectConfig, parseProjectConfig } from './project-config.ts'
import { parseUserConfig, type RegistrySettings, type UserConfig } from './user-config.ts'

const DEFAULT_TIMEOUT_MS = 60_000

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
  /** By host, as references spell it. */
  readonly registries: Readonly<Record<string, RegistrySettings>>
  /** By npm name: what the user says to that provider. */
  readonly providers: Readonly<Record<string, unknown>>
  readonly sign: { readonly requireDigest: boolean; readonly algorithms?: readonly AlgorithmId[] }
  /** For one target; absent where there is no limit. */
  readonly timeoutMs?: number
}

/** Reads the files and merges them. Throws `VALIDATION` for a file that is unusable. */
export async function readSettings(flags: GlobalFlags, io: Io): Promise<Settings> {
  const paths = pathsOf(flags, io)
  const user = await readUserConfig(paths.config)
  const system = paths.systemConfig === undefined ? {} : await readUserConfig(paths.systemConfig)
  const project = await readProject(io.cwd)
  const key = (io.env.SEALWRIGHT_KEY || undefined) ?? project.key ?? user.defaultKey ?? system.defaultKey
  const algorithms = user.sign?.algorithms ?? system.sign?.algorithms
  const timeout =
    flags.timeout ??
    environmentTimeout(io) ??
    user.limits?.timeout ??
    system.limits?.timeout ??
    DEFAULT_TIMEOUT_MS
  return {
    paths,
    ...(key === undefined ? {} : { key }),
    ...(user.defaultKey === undefined ? {} : { defaultKey: user.defaultKey }),
    format: project.format ?? user.format ?? system.format ?? 'jws',
    ...(typeof project.expiry === 'number' ? { expiryMs: project.expiry } : {}),
    metadata: project.metadata ?? {},
    registries: { ...system.registries, ...user.registries },
    providers: { ...system.providers, ...user.providers },
    sign: {
      requireDigest: user.sign?.requireDigest ?? system.sign?.requireDigest ?? false,
      ...(algorithms === undefined ? {} : { algorithms }),
    },
    ...(timeout === 'none' ? {} : { timeoutMs: timeout }),
  }
}

function environmentTimeout({ env }: Io): number | 'none' | undefined {
  const text = env.SEALWRIGHT_TIMEOUT
  return text ? (parseDurationOrNone(text, 'SEALWRIGHT_TIMEOUT') ?? 'none') : undefined
}

async function readProject(directory: string): Promise<ProjectConfig> {
  const path = await findProjectConfig(directory)
  return path === undefined ? {} : parseProjectConfig(await readFile(path), path)
}

async function readUserConfig(path: string): Promise<UserConfig> {
  const bytes = await readIfPresent(path)
  if (bytes === undefined) return {}
  const config = parseUserConfig(bytes, path)
  if (config.registries === undefined) return config
  // A relative path in the file means one beside it, wherever the program was started.
  const registries = Object.entries(config.registries).map(([host, { caFile, ...rest }]) => [
    host,
    caFile === undefined ? rest : { ...rest, caFile: resolve(dirname(path), caFile) },
  ])
  return { ...config, registries: Object.fromEntries(registries) }
}

/** The bytes of a file, or `undefined` when there is none. */
export async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
