import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Signer } from '@sealwright/core'
import { nv2 } from '@sealwright/core/nv2'
import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import { isKeyName } from '../keys/key-name.ts'
import type { Keys } from '../keys/keys.ts'

/**
 * Opens the key of `-k`: a file, as the prototype had it, or a key of sealwright by name or reference. A plain word is a
 * file if there is one, else a name; where it could be both it is refused.
 */
export async function openSigningKey(context: Context, keys: Keys, text: string): Promise<Signer> {
  const file = pathOf(context, keys, text)
  if (file !== undefined) return keys.openUnnamed(`file:${file}`, text, nv2.algorithmFor)
  return keys.open(await keys.select(text), nv2.algorithmFor)
}

function pathOf({ io }: Context, { lock }: Keys, text: string): string | undefined {
  const isReference = /^[a-z][a-z0-9+.-]+:|^projects\//.test(text) && !/^[A-Za-z]:[\\/]/.test(text)
  if (isReference) return undefined
  const path = resolve(io.cwd, text)
  if (!isKeyName(text)) return path
  const isFile = existsSync(path)
  const isNamed = Object.hasOwn(lock.keys, text)
  if (isFile && isNamed) {
    throw usageError(`"${text}" is a file here and the name of a key`, {
      why: 'which of the two is meant is not guessed',
      fix: `-k ./${text} for the file; elsewhere the name alone`,
    })
  }
  return isFile || (!isNamed && /\.(?:key|pem)$/.test(text)) ? path : undefined
}
