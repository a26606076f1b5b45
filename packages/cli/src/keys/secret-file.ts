import { readNamed } from '../frame/read-all.ts'
import { usageError } from '../frame/usage.ts'

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
