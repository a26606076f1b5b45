import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import type { Keys } from './keys.ts'
import { normalReference } from './reference.ts'

/** A reference that was given, in the one spelling of its store. A name is refused: it stands for a key already. */
export async function canonicalReference({ io }: Context, keys: Keys, text: string): Promise<string> {
  const reference = normalReference(text, io.cwd)
  if (reference === undefined) {
    throw usageError(`"${text}" is not a reference to a key`, {
      why: 'a reference starts with the store: file:, awskms:, azurekms:, gcpkms:, hashivault:, pkcs11:',
      fix: `for a file write file:./${text}`,
    })
  }
  return (await keys.provider(reference)).canonical(reference)
}
