import { constants, type Stats } from 'node:fs'
import { open } from 'node:fs/promises'
import { SealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'

/** More than any private key has; an ML-DSA-87 key is below 8 KiB. */
const MAX_BYTES = 64 * 2 ** 10

/**
 * Reads a private key file after a look at what it is and who else may read it. Symbolic links are followed (mounted
 * secrets are links); what is judged is the file that is read, not its name.
 *
 * @throws {@link SealwrightError} `VALIDATION` for what is no regular file, is too large or is open to others.
 */
export async function readKeyFile(path: string, allowOthersToRead: boolean): Promise<Uint8Array> {
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stats = await file.stat()
    assertKeyFile(path, stats, allowOthersToRead)
    const buffer = Buffer.alloc(MAX_BYTES + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
      length += bytesRead
      if (bytesRead === 0 || length > MAX_BYTES) break
    }
    if (length > MAX_BYTES) throw tooLarge(path)
    return buffer.subarray(0, length)
  } finally {
    await file.close()
  }
}

function assertKeyFile(path: string, stats: Stats, allowOthersToRead: boolean): void {
  if (!stats.isFile()) {
    throw new SealwrightError('VALIDATION', `${path} is not a key file`, {
      why: stats.isDirectory() ? 'it is a directory' : 'it is not a regular file',
      fix: 'name the file that holds the private key',
    })
  }
  if (stats.size > MAX_BYTES) throw tooLarge(path)
  // Windows keeps access lists instead, and reports modes that say nothing.
  if (allowOthersToRead || process.platform === 'win32' || (stats.mode & 0o077) === 0) return
  throw new SealwrightError('VALIDATION', `the key file ${path} is open to other users`, {
    why: `its mode is ${(stats.mode & 0o777).toString(8).padStart(4, '0')}`,
    fix: `chmod 600 ${shellQuote(path)}, or where it is mounted read-only (secrets of Kubernetes and Docker) set allowOthersToRead`,
  })
}

function tooLarge(path: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${path} is not a key file`, {
    why: `it is larger than ${MAX_BYTES} bytes`,
  })
}
