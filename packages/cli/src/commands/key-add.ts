import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { canonicalReference } from '../keys/canonical.ts'
import { defaultAlgorithm } from '../keys/default-algorithm.ts'
import { assertKeyName } from '../keys/key-name.ts'
import { describeKey, openKeys } from '../keys/keys.ts'
import { keyLines } from '../keys/lines.ts'
import { assertModuleFits, keepModule, moduleToKeep, takeModule } from '../keys/module.ts'
import { nameKey } from '../keys/name-key.ts'
import type { KeyFlags } from '../program/key-flags.ts'

interface KeyAddFlags extends KeyFlags {
  readonly certChain?: string
  readonly default?: true
}

/** `sealwright key add NAME REF` */
export async function keyAdd(
  context: Context,
  [text = '', ref = '']: readonly string[],
  options: Flags,
): Promise<Outcome> {
  const flags = options as KeyAddFlags
  const name = assertKeyName(text)
  const taken = takeModule(ref)
  const { text: given, module } = taken
  const settings = await context.settings()
  assertModuleFits(settings, module)
  await using keys = await openKeys(context, { ...flags, referenceModule: module })
  const reference = await canonicalReference(context, keys, given)
  await using signer = await keys.openUnnamed(reference, name, defaultAlgorithm)
  await keepModule(context, settings, moduleToKeep(context, settings, taken, flags.pkcs11Module))
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
