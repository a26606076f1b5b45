import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Notation, notationHome } from '../services/notation.ts'
import { craneProgram, orasProgram, skopeoProgram } from '../services/peers.ts'
import { BASIC_USER } from '../services/registries.ts'
import { type RunResult, run } from '../services/run.ts'
import { scratch } from '../services/scratch.ts'
import { need, type Skips } from '../services/tool.ts'

/** How programs of others get into a registry. */
export interface Entry {
  /** As references name it. */
  readonly host: string
  /** Path of a PEM file. */
  readonly caPath?: string
  readonly login?: boolean
}

/** Programs of others, each with what it needs to get into one registry. All must succeed. */
export interface RegistryPeers {
  /** A private folder that they run in. */
  readonly cwd: string
  oras(...args: readonly string[]): Promise<string>
  crane(...args: readonly string[]): Promise<string>
  skopeo(...args: readonly string[]): Promise<string>
  notation(...args: readonly string[]): Promise<string>
}

/** @param trust - A configuration directory of notation. */
export async function registryPeers(context: Skips, entry: Entry, trust: string): Promise<RegistryPeers> {
  const oras = need(context, await orasProgram())
  const crane = need(context, await craneProgram())
  const skopeo = need(context, await skopeoProgram())
  const cwd = await scratch('peers')
  const { host, caPath, login } = entry
  const docker = join(cwd, 'docker')
  const auth = Buffer.from(`${BASIC_USER.username}:${BASIC_USER.password}`).toString('base64')
  await mkdir(docker)
  const configuration = { auths: login ? { [host]: { auth } } : {} }
  await writeFile(join(docker, 'config.json'), JSON.stringify(configuration))
  const told = {
    DOCKER_CONFIG: docker,
    REGISTRY_AUTH_FILE: join(docker, 'config.json'),
    ...(caPath === undefined ? {} : { SSL_CERT_FILE: caPath }),
  }
  const env = { ...process.env, HOME: cwd, ...told }
  const notation: Notation = await notationHome(context, { config: trust, env: told })
  const using = (program: string) => async (args: readonly string[]) =>
    succeeded(program, args, await run(program, args, { cwd, env }))
  const [runOras, runCrane, runSkopeo] = [using(oras), using(crane), using(skopeo)]
  return {
    cwd,
    oras: (...args) => runOras(args),
    crane: (...args) => runCrane(args),
    skopeo: (...args) => runSkopeo(['--insecure-policy', ...args]),
    notation: async (...args) => succeeded('notation', args, await notation.run(args)),
  }
}

function succeeded(program: string, args: readonly string[], { code, stdout, stderr }: RunResult): string {
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`)
  return stdout
}
