import { forgetKey } from '@sealwright/keyring'
import { writeDefaultKey } from '../config/default-key.ts'
import type { Context } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { assertKeyName } from '../keys/key-name.ts'
import { readKeyLock, updateKeyLock } from '../keys/lock-file.ts'

/** `sealwright key remove NAME` */
export async function keyRemove(context: Context, [text = '']: readonly string[]): Promise<Outcome> {
  const name = assertKeyName(text)
  const { paths, defaultKey } = await context.settings()
  const locked = (await readKeyLock(paths.keyLock)).keys[name]
  const isDefault = defaultKey === name
  // The default first: a default that stands for nothing would stop every later run.
  if (isDefault) await writeDefaultKey(context.io, paths.config, undefined)
  if (locked !== undefined) await updateKeyLock(context.io, paths.keyLock, lock => forgetKey(lock, name))
  const changed = isDefault || locked !== undefined
  return {
    exitCode: 0,
    document: { name, changed },
    lines: changed
      ? [
          `key ${name} is forgotten${locked ? `; it stays where it is: ${locked.reference}` : ''}`,
          ...(isDefault ? ['there is no default key now'] : []),
        ]
      : [`nothing to do: no key is named ${name}`],
  }
}
