import { existsSync } from 'node:fs'
import { type KeySpec, SealwrightError } from '@sealwright/core'
import type { Context } from '../frame/context.ts'
import type { Keys } from './keys.ts'
import { fileOf, schemeOf } from './reference.ts'

/** Makes a key in a store; a file that exists is never written over, and is what was asked for until it is opened. */
export async function createKey(
  context: Context,
  keys: Keys,
  spec: KeySpec,
): Promise<{ readonly created: boolean; readonly resolved: string }> {
  const { reference } = spec
  const provider = await keys.provider(reference)
  if (provider.admin === undefined) {
    throw new SealwrightError('UNSUPPORTED', `keys cannot be made in ${provider.name} from here`, {
      why: 'its provider only signs',
      fix: `make the key with the store's own tool, then: sealwright key add NAME ${reference}`,
    })
  }
  if (schemeOf(reference) === 'file' && existsSync(fileOf(reference)))
    return { created: false, resolved: reference }
  context.step(`create ${reference}`)
  const { admin } = provider
  const resolved = await context.dialogue.waiting(provider.name, () =>
    admin.create(spec, { signal: context.io.signal }),
  )
  return { created: true, resolved }
}
