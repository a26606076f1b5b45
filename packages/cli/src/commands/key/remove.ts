import { shellQuote } from '@sealwright/core/encoding'
import { forgetKey } from '@sealwright/keyring'
import { assertKeyName } from '../../config/key-name.ts'
import { readNotationKeys } from '../../config/notation-keys.ts'
import { writeDefaultKey } from '../../config/user-config.ts'
import { readKeyLock, updateKeyLock } from '../../keys/lock-file.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'

/** `sealwright key remove NAME` */
export async function keyRemove(session: Session, [text]: readonly [string]): Promise<Outcome> {
  const name = assertKeyName(text)
  const { paths, defaultKey } = await session.settings()
  const locked = (await readKeyLock(paths.keyLock)).keys[name]
  const isDefault = defaultKey === name
  if (locked === undefined) await assertNotOfNotation(paths.trust, name)
  // The default first: a default that stands for nothing would stop every later run.
  if (isDefault) await writeDefaultKey(session.io, paths.config, undefined)
  if (locked !== undefined) await updateKeyLock(session.io, paths.keyLock, lock => forgetKey(lock, name))
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

/** A key of Notation's own list still signs here: to say that it was removed would be wrong. */
async function assertNotOfNotation(trust: string, name: string): Promise<void> {
  const { path, keys, plugins } = await readNotationKeys(trust)
  if (!plugins.includes(name) && !keys.some(key => key.name === name)) return
  throw usageError(`key "${name}" is in Notation's own list of keys`, {
    why: `${path} names it, and only notation changes that file`,
    fix: `notation key delete ${shellQuote(name)}`,
  })
}
