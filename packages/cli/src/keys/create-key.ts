import { existsSync } from 'node:fs'
import { isSealwrightError, type KeySpec, manageKeys, SealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import type { Session } from '../session/session.ts'
import { defaultAlgorithm } from './default-algorithm.ts'
import { callOptions, type Keys } from './keys.ts'
import { fileOf, schemeOf } from './reference.ts'

export interface CreatedKey {
  /** Whether it is new; one that exists is what was asked for until its type is known. */
  readonly created: boolean
  /** Canonical, as given; that of the key where only the store was named. */
  readonly reference: string
  /** To open it by. */
  readonly resolved: string
}

/** Makes a key in a store, unless it is there: no key is ever written over. */
export async function createKey(session: Session, keys: Keys, wish: KeySpec): Promise<CreatedKey> {
  const provider = await keys.provider(wish.reference)
  const { create } = manageKeys(provider)
  const canonical = canonicalKey(provider.canonical, wish.reference)
  const spec = { ...wish, reference: canonical ?? wish.reference }
  if (create === undefined) {
    throw new SealwrightError('UNSUPPORTED', `keys cannot be made in ${provider.name} from here`, {
      why: 'its provider only signs',
      fix: `make the key with the store's own tool, then: sealwright key add NAME ${shellQuote(spec.reference)}`,
    })
  }
  if (canonical !== undefined && (await exists(keys, canonical))) {
    return { created: false, reference: canonical, resolved: canonical }
  }
  session.step(`create ${spec.reference}`)
  const options = await callOptions(session, spec.reference)
  const resolved = await session.dialogue.waiting(provider.name, () => create(spec, options))
  return { created: true, reference: canonical ?? resolved, resolved }
}

/** `undefined` for what may be the store alone: some name a new key themselves, and judge the reference when asked to. */
function canonicalKey(canonical: (reference: string) => string, reference: string): string | undefined {
  try {
    return canonical(reference)
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION' && schemeOf(reference) !== 'file')
      return undefined
    throw error
  }
}

/** Whether a key is there; where it may not be looked at, the store itself tells when it is asked to make it. */
async function exists(keys: Keys, reference: string): Promise<boolean> {
  if (schemeOf(reference) === 'file') return existsSync(fileOf(reference))
  try {
    await using _signer = await keys.openUnnamed(reference, reference, defaultAlgorithm)
    return true
  } catch (error) {
    if (isSealwrightError(error) && ['NOT_FOUND', 'ACCESS_DENIED'].includes(error.code)) return false
    throw error
  }
}
