import { SealwrightError } from '../errors.ts'
import type { KeyDescriptor } from '../key.ts'
import type { KeyProvider, RawSignature } from '../provider.ts'
import { adapterFault } from './failure.ts'

/**
 * Checks that the key version a store says it used is the one that was opened.
 *
 * @throws {@link SealwrightError} `KEY_MISMATCH` for another; `INTERNAL` for what is no reference.
 */
export function assertSameKey(provider: KeyProvider, key: KeyDescriptor, raw: RawSignature): void {
  if (raw.reference === undefined || raw.reference === key.reference) return
  let used: string
  try {
    used = provider.canonical(raw.reference)
  } catch (cause) {
    throw adapterFault(provider, 'named the key that it used in a way that it cannot read', cause)
  }
  if (used === key.reference) return
  throw new SealwrightError(
    'KEY_MISMATCH',
    `key store "${provider.name}" signed with another key than was opened`,
    {
      why: `opened ${key.reference}, used ${used}`,
      fix: 'open a reference that names the version; the signature was discarded',
      ...(raw.requestId === undefined ? {} : { requestId: raw.requestId }),
    },
  )
}
