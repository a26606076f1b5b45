import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'

/** Where the system looks if there is no PATH at all. */
const DEFAULT_PATH = process.platform === 'win32' ? '' : '/usr/bin:/bin'

/**
 * Finds a program in the directories of PATH. An empty or a relative entry stands for the working directory or one below
 * it, where a cloned repository may have put anything: it is passed over, and so is the working directory itself, in
 * which Windows would look first.
 */
export async function programPath(
  program: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | undefined> {
  const isWindows = process.platform === 'win32'
  const file = isWindows && !/\.exe$/i.test(program) ? `${program}.exe` : program
  // In Windows it is Path.
  const [, path = DEFAULT_PATH] =
    Object.entries(env).find(([name]) => name === 'PATH') ??
    (isWindows ? Object.entries(env).find(([name]) => /^path$/i.test(name)) : undefined) ??
    []
  for (const directory of path.split(delimiter)) {
    if (!isAbsolute(directory)) continue
    const found = join(directory, file)
    if (await isProgram(found)) return found
  }
  return undefined
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
