import { spawn } from 'node:child_process'
import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { decodeJson } from '@sealwright/core/encoding'
import type { StoreCall } from '@sealwright/oci'
import { abortError, readObject } from '@sealwright/oci/store'
import type { Credential } from './credential.ts'
import { helperEnvironment } from './helper-environment.ts'
import { programPath } from './program-path.ts'

const MAX_OUTPUT = 1024 * 1024
/** The user name by which a helper says that the secret is an identity token. */
const TOKEN_USER = '<token>'
const NOT_FOUND = /credentials not found/i

export interface HelperOptions extends StoreCall {
  readonly timeoutMs: number
  /** What names the helper: `"credsStore" in FILE`. */
  readonly namedBy: string
}

/**
 * Asks `docker-credential-<name> get`, with the server on its standard input (docker-credential-helpers, "Development").
 * It is found by {@link programPath}; no shell takes part.
 *
 * @throws {@link SealwrightError} naming the helper: `UNAUTHENTICATED`, `TIMEOUT`, `ABORTED`; `VALIDATION` when the name
 *   is not one.
 */
export async function askHelper(
  name: string,
  server: string,
  options: HelperOptions,
): Promise<Credential | undefined> {
  const program = helperProgram(name)
  const { namedBy } = options
  const { code, output } = await run(program, { action: 'get', server, input: server }, name, options)
  if (code !== 0) {
    if (NOT_FOUND.test(firstLine(output))) return undefined
    throw refused(program, server, code, output, namedBy)
  }
  try {
    const { Username: username, Secret: secret } = readObject(
      decodeJson(output, { label: 'its answer' }),
      'its answer',
    )
    if (typeof username !== 'string' || typeof secret !== 'string') {
      throw failed(program, server, 'its answer has no Username and Secret', namedBy)
    }
    if (username === '' && secret === '') return undefined
    const trimmed = withoutLineBreak(secret)
    return username === TOKEN_USER
      ? { identityToken: trimmed, source: program }
      : { username: withoutLineBreak(username), password: trimmed, source: program }
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') {
      // The error's own text may quote the answer.
      throw failed(program, server, 'its answer is not the JSON that was expected', namedBy)
    }
    throw error
  }
}

/**
 * Gives a helper a login to keep (`store`), or has it forget the one for a server (`erase`).
 *
 * @throws As {@link askHelper}.
 */
export async function tellHelper(
  name: string,
  server: string,
  login: { readonly username: string; readonly password: string } | undefined,
  options: HelperOptions,
): Promise<void> {
  const program = helperProgram(name)
  const action = login === undefined ? 'erase' : 'store'
  const input =
    login === undefined
      ? server
      : JSON.stringify({ ServerURL: server, Username: login.username, Secret: login.password })
  const { code, output } = await run(program, { action, server, input }, name, options)
  if (code === 0 || (action === 'erase' && NOT_FOUND.test(firstLine(output)))) return
  throw refused(program, server, code, output, options.namedBy)
}

/** @throws {@link SealwrightError} `VALIDATION`. */
export function helperProgram(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)) return `docker-credential-${name}`
  throw new SealwrightError(
    'VALIDATION',
    `${JSON.stringify(name.slice(0, 128))} is not the name of a credential helper`,
  )
}

interface HelperCall {
  readonly action: 'get' | 'store' | 'erase'
  readonly server: string
  readonly input: string
}

async function run(
  program: string,
  { action, server, input }: HelperCall,
  name: string,
  { timeoutMs, signal, namedBy }: HelperOptions,
): Promise<{ readonly code: number | string; readonly output: Buffer }> {
  const file = await programPath(program)
  if (file === undefined) throw failed(program, server, 'no such program on the PATH', namedBy)
  return new Promise((resolve, reject) => {
    const child = spawn(file, [action], {
      shell: false,
      env: helperEnvironment(name),
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    })
    const chunks: Buffer[] = []
    let total = 0
    const end = (settle: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
      child.stdout.destroy()
      child.kill('SIGKILL')
      settle()
    }
    const timer = setTimeout(
      () => end(() => reject(new SealwrightError('TIMEOUT', `${program} gave no answer in ${timeoutMs} ms`))),
      timeoutMs,
    )
    const aborted = () => end(() => reject(abortError(signal!)))
    signal?.addEventListener('abort', aborted)
    if (signal?.aborted) return aborted()
    child.on('error', error => {
      const { code } = error as NodeJS.ErrnoException
      end(() => reject(failed(program, server, `${file} could not be started (${code})`, namedBy)))
    })
    child.stdout.on('data', (chunk: Buffer) => {
      total += chunk.byteLength
      if (total > MAX_OUTPUT)
        return end(() => reject(failed(program, server, 'its answer does not end', namedBy)))
      chunks.push(chunk)
    })
    child.on('close', (code, killed) =>
      end(() => resolve({ code: code ?? killed ?? 1, output: Buffer.concat(chunks) })),
    )
    // A helper may end without reading; what counts then is its answer.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

/** What it says is not quoted where it may hold a secret. */
function refused(
  program: string,
  server: string,
  code: number | string,
  output: Buffer,
  namedBy: string,
): SealwrightError {
  const said = firstLine(output)
  const quoted = said === '' || said.startsWith('{') ? '' : `: ${printable(said)}`
  return failed(program, server, `it ended with ${code}${quoted}`, namedBy)
}

function firstLine(output: Buffer): string {
  return output.toString().split('\n')[0]!.trim()
}

function failed(program: string, server: string, why: string, namedBy: string): SealwrightError {
  return new SealwrightError('UNAUTHENTICATED', `the credential helper ${program} failed for ${server}`, {
    why,
    fix: `install or mend ${program}, remove ${namedBy}, or set DOCKER_CONFIG to a directory with another config.json`,
  })
}

/** A line break at the end of a credential is what an editor or `echo` left there. */
export function withoutLineBreak(text: string): string {
  return text.replace(/(?:\r?\n)+$/, '')
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').slice(0, 200)
}
