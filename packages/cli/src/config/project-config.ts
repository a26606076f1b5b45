import { lstat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { shellQuote } from '@sealwright/core/encoding'
import { isAbsent, openRegular, type RegularFile, readWhole, systemFailure } from '@sealwright/core/files'
import { parseMetadata } from '../flags/common-flags.ts'
import { MAX_FILE_BYTES } from '../runtime/read-all.ts'
import { parseDurationOrNone } from '../runtime/time.ts'
import { usageError } from '../runtime/usage.ts'
import { isKeyName } from './key-name.ts'
import { placeOf } from './shape.ts'

/** What a project may say: how to sign, never whom to believe, whom to contact or which code to run. */
export interface ProjectConfig {
  readonly key?: string | undefined
  readonly format?: 'jws' | 'cose' | undefined
  readonly expiry?: number | 'none' | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

const REFUSED =
  'is refused here: a project file says key (a name), format, expiry and metadata; trust, stores and hosts are the ' +
  "user's own"

/** A `sealwright.json` that was found, and the repository below it, if it lies outside of one. */
interface FoundProject {
  readonly path: string
  readonly outside?: string | undefined
}

/**
 * Reads the nearest `sealwright.json` of a directory and those above it.
 *
 * @throws {@link SealwrightError} `VALIDATION` with line and column; where it lies above the root of a git repository, or
 *   belongs to another user: it would choose the key and metadata that are signed.
 */
export async function readProjectConfig(
  directory: string,
): Promise<{ readonly path: string; readonly config: ProjectConfig } | undefined> {
  const found = await search(directory)
  if (found === undefined) return undefined
  const { path, outside } = found
  if (outside !== undefined) {
    throw usageError(`${path} lies above the repository ${outside}`, {
      why: 'a file outside a repository does not decide how what is in it is signed',
      fix: `move it into ${outside}, or put a file of your own there: echo '{}' > ${shellQuote(join(outside, NAME))}`,
    })
  }
  const file = await openRegular(path)
  if (file === undefined) return undefined
  try {
    await assertOwn(file, directory)
    return { path, config: parseProjectConfig(await readWhole(file, MAX_FILE_BYTES), path) }
  } finally {
    file.close()
  }
}

const NAME = 'sealwright.json'

async function search(directory: string, repository?: string): Promise<FoundProject | undefined> {
  const path = join(directory, NAME)
  if (await exists(path)) return { path, outside: repository }
  const above = dirname(directory)
  if (above === directory) return undefined
  const isRoot = repository === undefined && (await exists(join(directory, '.git')))
  return search(above, isRoot ? directory : repository)
}

/**
 * Whoever can put a file into a directory above, `/tmp` say, must not choose for others. Root can do so anyway. It is the
 * file that was opened: the one under its name may be another by now.
 */
async function assertOwn({ path, owner }: RegularFile, directory: string): Promise<void> {
  const user = process.geteuid?.()
  if (user === undefined) return
  try {
    for (const uid of [(await lstat(path)).uid, owner]) {
      if (uid === user || uid === 0) continue
      throw usageError(`${path} belongs to another user`, {
        why: `its owner has the user id ${uid}, and this process ${user}; it would choose the key and metadata that are signed`,
        fix: `put a file of your own into the directory: echo '{}' > ${shellQuote(join(directory, NAME))}`,
      })
    }
  } catch (error) {
    throw systemFailure(error, 'read', path)
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (isAbsent(error)) return false
    throw systemFailure(error, 'read', path)
  }
}

/** Reads a project file. Throws `VALIDATION` with line and column. */
export function parseProjectConfig(bytes: Uint8Array, label: string): ProjectConfig {
  return placeOf(bytes, label).object(
    {
      key: place => {
        const name = place.text()
        return isKeyName(name)
          ? name
          : place.fail('key must be a name; references are for the user to choose')
      },
      format: place => place.oneOf('jws', 'cose'),
      expiry: place => place.read((text, name) => parseDurationOrNone(text, name) ?? ('none' as const)),
      metadata: place =>
        place.record((member, name) => {
          const value = member.text()
          member.read(() => parseMetadata(`${name}=${value}`, 'metadata'))
          return value
        }),
    },
    REFUSED,
  ) as ProjectConfig
}
