import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseDurationOrNone } from '../frame/duration.ts'
import { isKeyName } from '../keys/key-name.ts'
import { parseMetadata } from '../program/metadata.ts'
import { placeOf } from './shape.ts'

/** What a project may say: how to sign, never whom to believe, whom to contact or which code to run. */
export interface ProjectConfig {
  readonly key?: string
  readonly format?: 'jws' | 'cose'
  readonly expiry?: number | 'none'
  readonly metadata?: Readonly<Record<string, string>>
}

const REFUSED =
  'is refused here: a project file says key (a name), format, expiry and metadata; trust, stores and hosts are the ' +
  "user's own"

/** The nearest `sealwright.json` of a directory and those above it. */
export async function findProjectConfig(directory: string): Promise<string | undefined> {
  const path = join(directory, 'sealwright.json')
  try {
    await access(path)
    return path
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
  }
  const above = dirname(directory)
  return above === directory ? undefined : findProjectConfig(above)
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
