import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { asSealwrightError } from '../frame/failure.ts'
import { usageError } from '../frame/usage.ts'

/** The secret in the first line of a file, and nothing else in it. `what` is that secret: `passphrase`. */
export async function readSecretFile(file: string, cwd: string, what: string): Promise<string> {
  const text = await readFile(resolve(cwd, file), 'utf8').catch((error: unknown) => {
    throw asSealwrightError(error)
  })
  const [line = '', ...rest] = text.split(/\r?\n/)
  if (rest.some(other => other !== '')) {
    throw usageError(`${file} is no ${what} file`, {
      why: 'it has more than one line',
      fix: `put the ${what}, and nothing else, in its first line`,
    })
  }
  return line
}
