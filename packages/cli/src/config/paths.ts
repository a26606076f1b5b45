import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path'
import type { GlobalFlags } from '../flags/global-flags.ts'
import type { Io } from '../runtime/io.ts'
import { usageError } from '../runtime/usage.ts'

/** Where nothing is and nothing can be written: the home of a user who has none, as `HOME=/dev/null` says it too. */
export const NO_HOME = '/dev/null'

/** Where everything lies that the program reads and writes on its own. */
export interface Paths {
  /** The user's configuration. */
  readonly config: string
  /** The machine's configuration, under the user's. */
  readonly systemConfig?: string | undefined
  /** Names of keys, locked. */
  readonly keyLock: string
  /** File keys, and the chains of named keys whose store holds none. */
  readonly keys: string
  /** Trust store and policy, laid out as Notation has them. */
  readonly trust: string
  /** CRLs, where Notation caches them; absent for a user without a home. */
  readonly crlCache?: string | undefined
  /** OCSP responses; absent for a user without a home. */
  readonly ocspCache?: string | undefined
}

/** What the places depend on, of the process. */
type Surroundings = Pick<Io, 'env' | 'cwd' | 'home' | 'platform'>

/** Finds the places: flag, environment, default. Keys lie beside the user's configuration, wherever that is. */
export function pathsOf(flags: Pick<GlobalFlags, 'config' | 'trust'>, io: Surroundings): Paths {
  const at = (path: string): string => resolve(io.cwd, path)
  const named = flags.config ?? (io.env.SEALWRIGHT_CONFIG || undefined)
  const config = named === undefined ? join(userDirectory(io, 'sealwright'), 'config.json') : at(named)
  const trust = flags.trust ?? (io.env.SEALWRIGHT_TRUST || io.env.NOTATION_CONFIG || undefined)
  return {
    config,
    // Tests and containers that name a configuration of their own get no other.
    ...(named === undefined && io.platform !== 'win32'
      ? { systemConfig: '/etc/sealwright/config.json' }
      : {}),
    keyLock: join(dirname(config), 'keys.lock.json'),
    keys: join(dirname(config), 'keys'),
    trust: trust === undefined ? notationDirectory(io) : at(trust),
    crlCache: crlCacheOf(io),
    ocspCache: ocspCacheOf(io),
  }
}

function crlCacheOf(io: Surroundings): string | undefined {
  const { env, cwd, platform } = io
  if (env.NOTATION_CACHE) return join(resolve(cwd, env.NOTATION_CACHE), 'crl')
  const home = homeOf(io)
  const base = platform === 'darwin' ? home && join(home, 'Library', 'Caches') : cacheDirectory(io)
  return base && join(base, 'notation', 'crl')
}

function ocspCacheOf(io: Surroundings): string | undefined {
  const base = cacheDirectory(io)
  return base && join(base, 'sealwright', 'ocsp')
}

function homeOf({ home }: Surroundings): string | undefined {
  return home === NO_HOME ? undefined : home
}

function cacheDirectory(io: Surroundings): string | undefined {
  const { env, platform } = io
  const home = homeOf(io)
  if (platform === 'win32') return env.LOCALAPPDATA || (home && join(home, 'AppData', 'Local'))
  const { XDG_CACHE_HOME: base = '' } = env
  return isAbsolute(base) ? base : home && join(home, '.cache')
}

function userDirectory(io: Surroundings, name: string): string {
  const { home = NO_HOME } = io
  if (io.platform === 'win32') return join(io.env.APPDATA || join(home, 'AppData', 'Roaming'), name)
  const { XDG_CONFIG_HOME: base = '' } = io.env
  // By its specification a relative path there counts for nothing.
  return join(isAbsolute(base) ? base : join(home, '.config'), name)
}

/** Notation's own directory, which on macOS is another than ours would be. */
function notationDirectory(io: Surroundings): string {
  if (io.platform === 'darwin') return join(io.home ?? NO_HOME, 'Library', 'Application Support', 'notation')
  return userDirectory(io, 'notation')
}

/** Throws where a file of the user's own configuration was to be written and there is no home for it. */
export function assertHome(path: string): void {
  if (!path.startsWith(`${NO_HOME}${sep}`)) return
  throw usageError('this user has no home directory to keep a configuration in', {
    why: `HOME is not set to a directory, so there is no place for ${basename(path)}`,
    fix: 'set HOME, or name other places: --config FILE and --trust DIRECTORY',
  })
}
