import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import type { Keys } from './keys.ts'
import { normalReference } from './reference.ts'

/** A reference that was given, with its scheme. A name is refused: it stands for a key already. */
export function givenReference({ io }: Context, text: string): string {
  const reference = normalReference(text, io.cwd)
  if (reference !== undefined) return reference
  throw usageError(`"${text}" is not a reference to a key`, {
    why: 'a reference starts with the store: file:, awskms:, azurekms:, gcpkms:, hashivault:, pkcs11:',
    fix: `for a file write file:./${text}`,
  })
}

/** A reference that was given, in the one spelling of its store. */
export async function canonicalReference(context: Context, keys: Keys, text: string): Promise<string> {
  const reference = givenReference(context, text)
  return (await keys.provider(reference)).canonical(reference)
}
