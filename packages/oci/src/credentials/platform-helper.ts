import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { helperEnvironment } from './helper-environment.ts'

/**
 * Returns the credential helper that docker takes on this platform where its configuration names none: `osxkeychain`,
 * `wincred`, and on Linux `pass` if there is the program of that name, else `secretservice`. Nothing where that helper is
 * not installed.
 */
export async function platformHelper(): Promise<string | undefined> {
  const name = await preferred()
  return name !== undefined && (await isOnPath(`docker-credential-${name}`)) ? name : undefined
}

async function preferred(): Promise<string | undefined> {
  switch (process.platform) {
    case 'darwin':
      return 'osxkeychain'
    case 'win32':
      return 'wincred'
    case 'linux':
      return (await isOnPath('pass')) ? 'pass' : 'secretservice'
    default:
      return undefined
  }
}

async function isOnPath(program: string): Promise<boolean> {
  const file = process.platform === 'win32' ? `${program}.exe` : program
  // In Windows it is Path.
  const [, path = ''] =
    Object.entries(helperEnvironment(program)).find(([name]) => /^path$/i.test(name)) ?? []
  for (const directory of path.split(delimiter)) {
    // An empty entry is the working directory, which is anybody's.
    if (directory === '') continue
    try {
      await access(join(directory, file), constants.X_OK)
      return true
    } catch {
      // The next one may have it.
    }
  }
  return false
}
