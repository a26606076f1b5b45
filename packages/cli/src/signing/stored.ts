import type { AttachedSignature } from '@sealwright/notary'

const NAMES = { api: 'referrers API', tag: 'tag', layout: 'layout' } as const

/**
 * Where a signature or an attestation was stored, as the document has it.
 *
 * @param elsewhere - The place, if it is not beside what is signed.
 */
export function storedIn(
  foundBy: AttachedSignature['foundBy'],
  elsewhere: string | undefined,
): { readonly as: (typeof NAMES)[AttachedSignature['foundBy']]; readonly path: string | null } {
  return { as: NAMES[foundBy], path: elsewhere ?? null }
}
