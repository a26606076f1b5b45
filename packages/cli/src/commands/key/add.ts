import { assertKeyName } from '../../config/key-name.ts'
import { defaultAlgorithm } from '../../keys/default-algorithm.ts'
import { describeKey, keyLines, openKeys } from '../../keys/keys.ts'
import { assertModuleFits, keepModule, moduleToKeep, takeModule } from '../../keys/module.ts'
import { nameKey } from '../../keys/name-key.ts'
import { canonicalReference } from '../../keys/reference.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import type { Session } from '../../session/session.ts'
import type { KeyAddFlags } from './spec.ts'

/** `sealwright key add NAME REF` */
export async function keyAdd(
  session: Session,
  [text, ref]: readonly [string, string],
  flags: KeyAddFlags,
): Promise<Outcome> {
  const name = assertKeyName(text)
  const taken = takeModule(ref)
  const { text: given, module } = taken
  const settings = await session.settings()
  assertModuleFits(settings, module)
  await using keys = await openKeys(session, { ...flags, referenceModule: module })
  const reference = await canonicalReference(session, keys, given)
  await using signer = await keys.openUnnamed(reference, name, defaultAlgorithm)
  await keepModule(session, settings, moduleToKeep(session, settings, taken, flags.pkcs11Module))
  const changed = await nameKey(session, {
    name,
    reference,
    signer,
    isDefault: flags.default === true,
    certChain: flags.certChain,
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
