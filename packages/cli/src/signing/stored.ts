import type { AttachedSignature } from '@sealwright/notary'
import type { SignedTarget } from '../documents/signing.ts'

const NAMES = { api: 'referrers API', tag: 'tag', layout: 'layout' } as const

/**
 * Where a signature was stored, as the document has it.
 *
 * @param elsewhere - The place, if it is not beside what is signed.
 */
export function storedIn(
  foundBy: AttachedSignature['foundBy'],
  elsewhere: string | undefined,
): NonNullable<SignedTarget['stored']> {
  return { as: NAMES[foundBy], path: elsewhere ?? null }
}
