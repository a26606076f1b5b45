import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SealwrightError } from '@sealwright/core'

const SCHEME = 'file:'

/**
 * The path a reference names.
 *
 * Everything after `file:` is a path, literally: `%`, `?` and `#` are characters of a name. Only the form `file:///…` is a
 * URL (RFC 8089) and is percent-decoded. A relative path is resolved against the working directory.
 *
 * @returns An absolute, normalised path.
 * @throws {@link SealwrightError} `VALIDATION` for what names no file, and for a reference that carries a passphrase.
 */
export function pathOf(reference: string): string {
  if (!reference.startsWith(SCHEME)) throw refused('it does not begin with file:', 'write file:PATH')
  assertNoSecret(reference)
  const path = pathIn(reference)
  assertNoSecret(path)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they have no place in a path that is printed.
  if (/[\u0000-\u001f\u007f]/.test(path)) throw refused('it holds a control character', 'rename the file')
  return resolve(path)
}

function assertNoSecret(text: string): void {
  if (!/[?&;#](passphrase|password|pass|passwd|pin|pin-value)=/i.test(text)) return
  throw refused('it carries a secret', 'give the passphrase by a prompt, a file or the environment')
}

function pathIn(reference: string): string {
  const rest = reference.slice(SCHEME.length)
  if (rest.startsWith('///')) return pathOfUrl(reference)
  if (rest.startsWith('//')) throw refused('it names a host', 'write file:PATH or file:///PATH')
  if (rest === '') throw refused('it has no path', 'write file:PATH')
  return rest
}

/** The one spelling of a reference: `file:` and the absolute path, literally. */
export function canonical(reference: string): string {
  return referenceTo(pathOf(reference))
}

export function referenceTo(path: string): string {
  return SCHEME + path
}

function pathOfUrl(reference: string): string {
  try {
    const url = new URL(reference)
    if (url.search === '' && url.hash === '') return fileURLToPath(url)
  } catch (cause) {
    throw refused('it is not a file URL', 'write file:PATH', cause)
  }
  throw refused('a file URL has no query and no fragment', 'write ? and # of a name as %3F and %23')
}

/** The reference itself stays out of the message: it may carry what it must not. */
function refused(why: string, fix: string, cause?: unknown): SealwrightError {
  return new SealwrightError('VALIDATION', 'the reference names no key file', { why, fix, cause })
}
