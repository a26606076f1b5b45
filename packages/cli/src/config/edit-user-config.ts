import { writeFileAtomic } from '@sealwright/core/files'
import type { Io } from '../frame/io.ts'
import { locked } from './locked.ts'
import { readIfPresent } from './read-if-present.ts'
import { parseUserConfig } from './user-config.ts'

type Json = Readonly<Record<string, unknown>>

/** Changes the user's configuration, and leaves alone what the change does not touch. A file with a fault is not changed. */
export async function editUserConfig(io: Io, path: string, change: (config: Json) => Json): Promise<void> {
  await locked(io, path, async () => {
    const bytes = await readIfPresent(path)
    if (bytes !== undefined) parseUserConfig(bytes, path)
    const config = change(bytes === undefined ? {} : JSON.parse(Buffer.from(bytes).toString('utf8')))
    const text = `${JSON.stringify(config, undefined, 2)}\n`
    parseUserConfig(Buffer.from(text), path)
    await writeFileAtomic(path, text)
  })
}
