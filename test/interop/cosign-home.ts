import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cosignProgram } from '../services/peers.ts'
import { type RunResult, run, succeed } from '../services/run.ts'
import { scratch } from '../services/scratch.ts'
import type { TimestampAuthority } from '../services/timestamp-authority.ts'
import { need, type Skips } from '../services/tool.ts'

/** cosign v3.1.3 with a home of its own, told to ask nobody: no Fulcio, no Rekor, no authority, no TUF. */
export interface Cosign {
  readonly directory: string
  /** Takes a PKCS#8 key in PEM; returns the paths of what cosign makes of it. */
  importKey(name: string, keyPath: string): Promise<{ readonly keyPath: string; readonly publicPath: string }>
  /** Attaches a bundle, as cosign 3 does; or, `old`, a DSSE under the tag `.att`. */
  attest(request: CosignAttest): Promise<RunResult>
  /** Attaches a bundle; or, `old`, a simple signing under the tag `.sig`. */
  sign(request: Pick<CosignAttest, 'keyPath' | 'target' | 'old'>): Promise<RunResult>
  /** `verify-attestation` with a type, else `verify`. */
  verify(request: {
    readonly publicPath: string
    readonly target: string
    readonly type?: string
    /** Where it is not the SHA-256 that cosign assumes: `sha384`, for keys on P-384. */
    readonly hash?: string
    /** Signed with the image, as `cosign sign -a` does. */
    readonly annotation?: string
    /** The older form, under the tag `.sig`. */
    readonly old?: boolean
    /** Whose timestamp the bundle has to carry. */
    readonly authority?: TimestampAuthority
  }): Promise<RunResult>
  /** `verify-blob-attestation`, of the summary of a file in a bundle. */
  verifyBlobAttestation(request: {
    readonly publicPath: string
    readonly bundlePath: string
    readonly type: string
    readonly file: string
  }): Promise<RunResult>
}

interface CosignAttest {
  readonly keyPath: string
  readonly type: string
  readonly predicatePath: string
  readonly target: string
  readonly old?: boolean
}

/** The test is skipped where cosign is missing. */
export async function cosignHome(context: Skips): Promise<Cosign> {
  const path = need(context, await cosignProgram())
  const directory = await scratch('cosign')
  const docker = join(directory, 'docker')
  await mkdir(docker)
  const env = { ...process.env, HOME: directory, DOCKER_CONFIG: docker, COSIGN_PASSWORD: '' }
  const options = { cwd: directory, env, timeoutMs: 180_000 }
  const cosign = (args: readonly string[]) => run(path, args, options)
  const [services, trust] = ['services.json', 'trust.json']
  await succeed(path, ['signing-config', 'create', '--out', services], options)
  await succeed(path, ['trusted-root', 'create', '--out', trust], options)
  const trusting = async ({ url, chainPath }: TimestampAuthority): Promise<string> => {
    const file = `trust-${new URL(url).port}.json`
    const tsa = `url=${url},certificate-chain=${chainPath},start-time=2024-01-01T00:00:00Z`
    await succeed(path, ['trusted-root', 'create', '--out', file, `--tsa=${tsa}`], options)
    return file
  }
  const how = (old = false) =>
    old
      ? ['--use-signing-config=false', '--tlog-upload=false', '--new-bundle-format=false']
      : ['--signing-config', services, '--trusted-root', trust]
  return {
    directory,
    async importKey(name, keyPath) {
      await succeed(path, ['import-key-pair', '--key', keyPath, '--output-key-prefix', name], options)
      return { keyPath: join(directory, `${name}.key`), publicPath: join(directory, `${name}.pub`) }
    },
    attest: ({ keyPath, type, predicatePath, target, old }) =>
      cosign([
        'attest',
        '-y',
        '--key',
        keyPath,
        '--type',
        type,
        '--predicate',
        predicatePath,
        ...how(old),
        target,
      ]),
    sign: ({ keyPath, target, old }) => cosign(['sign', '-y', '--key', keyPath, ...how(old), target]),
    verify: async ({ publicPath, target, type, hash, annotation, old, authority }) =>
      cosign([
        ...(type === undefined ? ['verify'] : ['verify-attestation', '--type', type]),
        ...['--key', publicPath, '--insecure-ignore-tlog=true'],
        ...['--trusted-root', authority === undefined ? trust : await trusting(authority)],
        ...(authority === undefined ? [] : ['--use-signed-timestamps']),
        ...(annotation === undefined ? [] : ['-a', annotation]),
        ...(old ? ['--new-bundle-format=false'] : []),
        ...(hash === undefined ? [] : ['--signature-digest-algorithm', hash]),
        target,
      ]),
    verifyBlobAttestation: ({ publicPath, bundlePath, type, file }) =>
      cosign([
        ...['verify-blob-attestation', '--type', type, '--bundle', bundlePath, '--key', publicPath],
        ...['--insecure-ignore-tlog=true', '--trusted-root', trust, file],
      ]),
  }
}
