import { programPath } from './program-path.ts'

/**
 * Returns the credential helper that docker takes on this platform where its configuration names none: `osxkeychain`,
 * `wincred`, and on Linux `pass` if there is the program of that name, else `secretservice`. Nothing where that helper is
 * not installed.
 */
export async function platformHelper(): Promise<string | undefined> {
  const name = await preferred()
  return name !== undefined && (await programPath(`docker-credential-${name}`)) !== undefined
    ? name
    : undefined
}

async function preferred(): Promise<string | undefined> {
  switch (process.platform) {
    case 'darwin':
      return 'osxkeychain'
    case 'win32':
      return 'wincred'
    case 'linux':
      return (await programPath('pass')) !== undefined ? 'pass' : 'secretservice'
    default:
      return undefined
  }
}
