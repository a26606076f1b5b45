import { createPrivateKey } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NetworkNamespace } from '../services/network-namespace.ts'
import { type RunOptions, type RunResult, run } from '../services/run.ts'
import { scratch } from '../services/scratch.ts'
import type { Skips } from '../services/tool.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const BIN = join(ROOT, 'packages', 'cli', 'bin', 'sealwright.js')

/** The built command line with a home of its own: keys, trust, Docker's configuration. */
export interface Program {
  readonly home: string
  /** The trust directory, laid out as Notation's. */
  readonly trust: string
  readonly docker: string
  /** Runs it; no output may hold a secret of this home. */
  run(args: readonly string[], options?: ProgramOptions): Promise<RunResult>
  /** Runs it; any other exit code fails the test with what it printed. */
  expect(code: number, args: readonly string[], options?: ProgramOptions): Promise<RunResult>
  /** Runs it with `-o json` and returns the document beside the exit code. */
  json(
    args: readonly string[],
    options?: ProgramOptions,
  ): Promise<{ code: number | undefined; document: unknown }>
}

interface ProgramOptions extends Pick<RunOptions, 'input' | 'onStart'> {
  readonly env?: NodeJS.ProcessEnv
  readonly nodeArgs?: readonly string[]
}

/** A fresh home; `passphrase` protects the keys made in it. `within`: the network it has. */
export async function programHome(
  context: Skips,
  passphrase = `canary-${crypto.randomUUID()}`,
  within?: NetworkNamespace,
): Promise<Program> {
  if (!existsSync(join(ROOT, 'packages', 'cli', 'dist', 'main.js')))
    context.skip('the program is not built (npm run build)')
  const home = await scratch('home')
  const trust = join(home, 'notation')
  const docker = join(home, 'docker')
  const passphraseFile = join(home, 'passphrase')
  await mkdir(docker, { recursive: true })
  await writeFile(passphraseFile, passphrase, { mode: 0o600 })
  const environment = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_CACHE_HOME: join(home, 'cache'),
    NOTATION_CONFIG: trust,
    DOCKER_CONFIG: docker,
    SEALWRIGHT_PASSPHRASE_FILE: passphraseFile,
    CI: 'true',
  }
  const known = new Map<string, readonly string[]>()
  const program: Program = {
    home,
    trust,
    docker,
    async run(args, { env, nodeArgs = [], onStart, input } = {}) {
      const seen: string[] = []
      const words = [...nodeArgs, BIN, ...args]
      const command = within?.inside(process.execPath, words) ?? ([process.execPath, words] as const)
      const result = await run(...command, {
        cwd: home,
        env: { ...environment, ...env },
        ...(input === undefined ? {} : { input }),
        onStart: pid => {
          seen.push(argumentsOf(pid))
          onStart?.(pid)
        },
      })
      refuseSecrets(secretsOf(join(home, 'config', 'sealwright', 'keys'), passphrase, known), [
        ...seen,
        result.stdout,
        result.stderr,
      ])
      return result
    },
    async expect(code, args, options) {
      const result = await program.run(args, options)
      if (result.code !== code)
        throw new Error(
          `sealwright ${args.join(' ')} ended with ${result.code}, not ${code}:\n${result.stdout}\n${result.stderr}`,
        )
      return result
    },
    async json(args, options) {
      const { code, stdout, stderr } = await program.run([...args, '-o', 'json'], options)
      try {
        return { code, document: JSON.parse(stdout) }
      } catch {
        throw new Error(`no JSON document from ${args.join(' ')} (exit ${code}):\n${stdout}\n${stderr}`)
      }
    },
  }
  return program
}

function argumentsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // not Linux, or gone already
  }
}

/** The passphrase, every line of every key file, and the private scalars inside, as hex, base64 and base64url. */
function secretsOf(
  directory: string,
  passphrase: string,
  known: Map<string, readonly string[]>,
): readonly string[] {
  const files = existsSync(directory) ? readdirSync(directory).filter(name => name.endsWith('.key')) : []
  const keys = files.flatMap(name => {
    const pem = readFileSync(join(directory, name), 'utf8')
    const secrets = known.get(pem) ?? secretsIn(pem, passphrase)
    known.set(pem, secrets) // decryption is slow on purpose
    return secrets
  })
  return [passphrase, ...keys]
}

function secretsIn(pem: string, passphrase: string): readonly string[] {
  const { d } = createPrivateKey({ key: pem, passphrase }).export({ format: 'jwk' })
  const scalar = Buffer.from(d ?? '', 'base64url')
  return [
    ...pem.split('\n').filter(line => line.length > 20 && !line.startsWith('-----')),
    ...(['hex', 'base64', 'base64url'] as const).map(encoding => scalar.toString(encoding)),
  ]
}

function refuseSecrets(secrets: readonly string[], texts: readonly string[]): void {
  for (const secret of secrets)
    for (const text of texts)
      if (text.includes(secret))
        throw new Error('a secret of this home appears in the output or the arguments')
}
