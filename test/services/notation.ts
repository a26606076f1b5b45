import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Identity } from './certificates.ts'
import type { NetworkNamespace } from './network-namespace.ts'
import { notationProgram } from './peers.ts'
import { type RunResult, run } from './run.ts'
import { scratch } from './scratch.ts'
import { need, type Skips } from './tool.ts'

export interface TrustPolicyStatement {
  readonly name: string
  readonly registryScopes: readonly string[]
  readonly signatureVerification: {
    readonly level: string
    readonly override?: Readonly<Record<string, string>>
    readonly verifyTimestamp?: 'always' | 'afterCertExpiry'
  }
  readonly trustStores?: readonly string[]
  readonly trustedIdentities?: readonly string[]
}

/** notation with a home of its own: keys, trust store, policy. The same directory is a trust directory for us. */
export interface Notation {
  /** What `NOTATION_CONFIG` names. */
  readonly config: string
  run(args: readonly string[]): Promise<RunResult>
  /** Replaces the trust policy. */
  writePolicy(...statements: readonly TrustPolicyStatement[]): Promise<void>
}

export interface NotationOptions {
  readonly keys?: readonly Identity[]
  /** Trust stores of type `ca`: name to paths of PEM certificates. */
  readonly trust?: Readonly<Record<string, readonly string[]>>
  /** A configuration directory that exists already, in place of a fresh one. */
  readonly config?: string
  /** Where it runs, if not beside us. */
  readonly within?: NetworkNamespace
  /** What else it is told, or told otherwise. */
  readonly env?: Readonly<Record<string, string>>
}

/** notation v1.3.2 over fresh configuration directories; the test is skipped where it is missing. */
export async function notationHome(context: Skips, options: NotationOptions = {}): Promise<Notation> {
  const path = need(context, await notationProgram())
  const home = await scratch('notation')
  const config = options.config ?? join(home, 'config', 'notation')
  await mkdir(config, { recursive: true })
  if (options.keys !== undefined) await writeSigningKeys(config, options.keys)
  for (const [store, certificates] of Object.entries(options.trust ?? {}))
    await addToStore(config, store, certificates)
  const env = {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    NOTATION_CONFIG: config,
    XDG_CACHE_HOME: join(home, 'cache'),
    DOCKER_CONFIG: join(home, 'docker'),
    NOTATION_EXPERIMENTAL: '1', // layouts
    ...options.env,
  }
  return {
    config,
    run: args => run(...(options.within?.inside(path, args) ?? ([path, args] as const)), { env }),
    async writePolicy(...statements) {
      const policy = JSON.stringify({ version: '1.0', trustPolicies: statements })
      await writeFile(join(config, 'trustpolicy.json'), policy, { mode: 0o600 })
    },
  }
}

/** A statement for every repository that trusts one store of type `ca`. */
export function trustEverywhere(
  store: string,
  trustedIdentities: readonly string[] = ['*'],
): TrustPolicyStatement {
  return {
    name: `trust-${store}`,
    registryScopes: ['*'],
    signatureVerification: { level: 'strict' },
    trustStores: [`ca:${store}`],
    trustedIdentities,
  }
}

export async function addToStore(
  config: string,
  store: string,
  certificates: readonly string[],
): Promise<void> {
  const directory = join(config, 'truststore', 'x509', 'ca', store)
  await mkdir(directory, { recursive: true })
  for (const [index, certificate] of certificates.entries())
    await cp(certificate, join(directory, `${index}.crt`))
}

async function writeSigningKeys(config: string, keys: readonly Identity[]): Promise<void> {
  const entries = keys.map(({ name, keyPath, chainPath }) => ({ name, keyPath, certPath: chainPath }))
  const [first] = entries
  const file = { ...(first === undefined ? {} : { default: first.name }), keys: entries }
  await writeFile(join(config, 'signingkeys.json'), JSON.stringify(file), { mode: 0o600 })
}
