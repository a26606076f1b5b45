import type { Io } from '../frame/io.ts'
import { locked } from './locked.ts'
import { readIfPresent } from './settings.ts'
import { parseUserConfig } from './user-config.ts'
import { writeFileAtomic } from './write-file.ts'

/** Sets or, with `undefined`, removes the default key in the user's configuration; all else stays as it is. */
export async function writeDefaultKey(io: Io, path: string, name: string | undefined): Promise<void> {
  await locked(io, path, async () => {
    const bytes = await readIfPresent(path)
    if (bytes !== undefined) parseUserConfig(bytes, path)
    const { defaultKey: _, ...rest } =
      bytes === undefined ? {} : JSON.parse(Buffer.from(bytes).toString('utf8'))
    const config = name === undefined ? rest : { defaultKey: name, ...rest }
    await writeFileAtomic(path, `${JSON.stringify(config, undefined, 2)}\n`)
  })
}
