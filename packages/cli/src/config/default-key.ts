import type { Io } from '../frame/io.ts'
import { editUserConfig } from './edit-user-config.ts'

/** Sets or, with `undefined`, removes the default key in the user's configuration; all else stays as it is. */
export async function writeDefaultKey(io: Io, path: string, name: string | undefined): Promise<void> {
  await editUserConfig(io, path, ({ defaultKey: _, ...rest }) =>
    name === undefined ? rest : { defaultKey: name, ...rest },
  )
}
