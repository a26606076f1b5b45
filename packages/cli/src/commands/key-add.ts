import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { canonicalReference } from '../keys/canonical.ts'
import { defaultAlgorithm } from '../keys/default-algorithm.ts'
import { assertKeyName } from '../keys/key-name.ts'
import { describeKey, openKeys } from '../keys/keys.ts'
import { keyLines } from '../keys/lines.ts'
import { nameKey } from '../keys/name-key.ts'

interface KeyAddFlags {
  readonly certChain?: string
  readonly default?: true
  readonly passphraseFile?: string
}

/** `sealwright key add NAME REF` */
export async function keyAdd(
  context: Context,
  [text = '', ref = '']: readonly string[],
  given: Flags,
): Promise<Outcome> {
  const flags = given as KeyAddFlags
  const name = assertKeyName(text)
  await using keys = await openKeys(context, flags)
  const reference = await canonicalReference(context, keys, ref)
  await using signer = await keys.openUnnamed(reference, name, defaultAlgorithm)
  const changed = await nameKey(context, {
    name,
    reference,
    signer,
    isDefault: flags.default === true,
    ...(flags.certChain === undefined ? {} : { certChain: flags.certChain }),
  })
  const key = describeKey({ name, reference }, signer)
  return {
    exitCode: 0,
    document: { changed, default: flags.default === true, key },
    lines: [
      changed ? `key ${name} is locked` : `nothing to do: key ${name} is locked to this key`,
      ...keyLines(key),
    ],
  }
}
