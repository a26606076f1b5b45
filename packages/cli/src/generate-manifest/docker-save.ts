import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { SealwrightError } from '@sealwright/core'
import { helperEnvironment, programPath } from '@sealwright/oci-registry'
import type { Io } from '../runtime/io.ts'

const MAX_SAID = 4096

/**
 * The archive that `docker save` writes of an image, as it comes.
 *
 * @param options - Docker's own options, which say which daemon it is.
 */
export async function* saved(
  options: readonly string[],
  name: string,
  { env, cwd, signal }: Pick<Io, 'env' | 'cwd' | 'signal'>,
): AsyncGenerator<Uint8Array> {
  const docker = await programPath('docker', env)
  if (docker === undefined) throw notStarted()
  const child = spawn(docker, [...options, 'save', name], {
    cwd,
    // It needs none of our secrets.
    env: helperEnvironment('docker', env),
    signal,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(0, MAX_SAID)
  })
  const ended = once(child, 'close') as Promise<[code: number | null]>
  // It is waited for below, unless the reader leaves before.
  ended.catch(() => {})
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>
    const [code] = await ended.catch(cause => Promise.reject(notStarted(cause)))
    if (code !== 0) throw notSaved(name, said)
  } finally {
    child.kill()
  }
}

function notSaved(name: string, said: string): SealwrightError {
  return new SealwrightError('UNAVAILABLE', `docker did not save the image ${name}`, {
    why: said.trim() === '' ? 'it did not say why' : `it says: ${said.trim()}`,
    fix: 'check its name with docker images, and that the daemon runs',
  })
}

function notStarted(cause?: unknown): SealwrightError {
  return new SealwrightError('UNSUPPORTED', 'docker cannot be started', {
    why: 'it is not on PATH',
    fix: 'name the image where it is: oci:DIR, oci-archive:FILE, docker-archive:FILE or a registry',
    cause,
  })
}
