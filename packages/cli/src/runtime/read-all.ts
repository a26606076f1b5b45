import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { readRegularFileIfPresent, systemFailure } from '@sealwright/core/files'
import type { Io } from './io.ts'
import { usageError } from './usage.ts'

/** What a limit is for, and what to do about it. */
interface Advice {
  readonly why?: string
  readonly fix: string
}

/** The whole of a stream that may have at most `maxBytes`. `label` names it in messages. */
export async function readAll(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  label: string,
  tooLarge: Advice = { fix: 'check what is given' },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.byteLength
    if (size > maxBytes) throw usageError(`${label} has more than ${maxBytes} bytes`, tooLarge)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * Reads the whole of a file that the user named, which may be a pipe: `<(command)`. Messages name it as the user did. A
 * path that nobody named is for `readRegularFile`.
 */
export async function readNamed(
  path: string,
  cwd: string,
  maxBytes: number,
  {
    signal,
    tooLarge,
  }: { readonly signal?: AbortSignal | undefined; readonly tooLarge?: Advice | undefined } = {},
): Promise<Uint8Array> {
  try {
    const reading = readAll(
      createReadStream(resolve(cwd, path), signal && { signal }),
      maxBytes,
      path,
      tooLarge,
    )
    return await (signal === undefined ? reading : orAborted(reading, signal))
  } catch (error) {
    throw systemFailure(error, 'read', path)
  }
}

/** The same, or the whole of stdin for `-`. */
export function readGiven(
  { cwd, stdin, signal }: Pick<Io, 'cwd' | 'stdin' | 'signal'>,
  path: string,
  maxBytes: number,
  tooLarge?: Advice,
): Promise<Uint8Array> {
  return path === '-'
    ? readAll(stdin.read(), maxBytes, 'stdin', tooLarge)
    : readNamed(path, cwd, maxBytes, { signal, tooLarge })
}

/** Waits for `work`, but not after `signal` aborts: then it rejects with the reason, and nobody minds how the work ends. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Most bytes of a configuration file, a policy or a certificate: far more than any has. */
export const MAX_FILE_BYTES: number = 4 * 1024 * 1024

/** The bytes of a file, or `undefined` when there is none. */
export function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  return readRegularFileIfPresent(path, MAX_FILE_BYTES)
}

const MAX_SECRET_BYTES = 64 * 1024

/** The secret in the first line of a file, and nothing else in it. `what` is that secret: `passphrase`. */
export async function readSecretFile(file: string, cwd: string, what: string): Promise<string> {
  const text = Buffer.from(await readNamed(file, cwd, MAX_SECRET_BYTES)).toString('utf8')
  const [line = '', ...rest] = text.split(/\r?\n/)
  if (rest.some(other => other !== '')) {
    throw usageError(`${file} is not a ${what} file`, {
      why: 'it has more than one line',
      fix: `put the ${what}, and nothing else, in its first line`,
    })
  }
  return line
}
