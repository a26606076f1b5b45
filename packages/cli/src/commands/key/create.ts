import { isSealwrightError, type KeyType, keyType, SealwrightError, type Signer } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { assertKeyName } from '../../config/key-name.ts'
import { createKey } from '../../keys/create-key.ts'
import { defaultAlgorithm, typeFor } from '../../keys/default-algorithm.ts'
import { describeKey, type Keys, keyLines, openKeys } from '../../keys/keys.ts'
import { assertModuleFits, keepModule, moduleToKeep, takeModule } from '../../keys/module.ts'
import { nameKey } from '../../keys/name-key.ts'
import { canonicalReference, givenReference } from '../../keys/reference.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import type { KeyCreateFlags } from './spec.ts'

/** `sealwright key create REF` */
export async function keyCreate(
  session: Session,
  [ref]: readonly [string],
  flags: KeyCreateFlags,
): Promise<Outcome> {
  const type = typeFor(flags.type, flags.algorithm)
  const name = flags.name === undefined ? undefined : assertKeyName(flags.name)
  assertCombination(flags)
  const taken = takeModule(ref)
  const { text, module } = taken
  const settings = await session.settings()
  assertModuleFits(settings, module)
  await using keys = await openKeys(session, {
    ...flags,
    referenceModule: module,
    encryption: flags.passphrase === false ? 'none' : 'passphrase',
  })
  const given = givenReference(session, text)
  if (name !== undefined) await assertNameIsFree(session, keys, name, given)
  const { created, reference, resolved } = await createKey(session, keys, {
    reference: given,
    type,
    algorithm: flags.algorithm,
    protection: flags.protection,
  })
  // As later runs will open it.
  await using signer = await keys.openUnnamed(reference, name ?? text, flags.algorithm ?? defaultAlgorithm)
  assertType(signer, type, text, created)
  if (created) await assertMade(keys, signer, resolved)
  await keepModule(session, settings, moduleToKeep(session, settings, taken, flags.pkcs11Module))
  const named =
    name !== undefined &&
    (await nameKey(session, { name, reference, signer, isDefault: flags.default === true }))
  const key = describeKey({ reference, name }, signer)
  const changed = created || named
  const headline = created
    ? `created ${reference}`
    : changed
      ? `${reference} exists; it is named ${name} now`
      : `nothing to do: ${reference} exists`
  return {
    exitCode: 0,
    document: { changed, default: flags.default === true, key },
    lines: [headline, ...keyLines(key)],
  }
}

function assertCombination(flags: KeyCreateFlags): void {
  if (flags.default && flags.name === undefined) {
    throw usageError('--default needs --name', { why: 'the default key is a name', fix: 'add --name NAME' })
  }
  if (flags.passphrase === false && flags.passphraseFile !== undefined) {
    throw usageError('--no-passphrase and --passphrase-file cannot be used together', {
      why: 'one stores the key in clear text, the other one encrypts it',
      fix: 'leave --no-passphrase out',
    })
  }
}

async function assertNameIsFree(session: Session, keys: Keys, name: string, given: string): Promise<void> {
  const existing = keys.lock.keys[name]?.reference
  if (existing === undefined) return
  const isSame = existing === (await canonicalReference(session, keys, given))
  if (isSame) return
  throw usageError(`the name "${name}" stands for another key`, {
    why: `it is locked to ${existing}; nothing was created`,
    fix: 'choose another --name',
  })
}

/** Throws `KEY_MISMATCH` when the name leads to another key than the one that was made. */
async function assertMade(keys: Keys, signer: Signer, resolved: string): Promise<void> {
  if (signer.key.reference === resolved) return
  await using made = await keys.openUnnamed(resolved, resolved, signer.algorithm.id)
  if (Buffer.compare(made.key.publicKey, signer.key.publicKey) === 0) return
  throw new SealwrightError('KEY_MISMATCH', `${signer.key.reference} is not the key that was made`, {
    why: `the key that was made is ${resolved}; another user has changed the key behind the reference`,
    fix: `name the key itself: sealwright key add NAME ${shellQuote(resolved)}`,
  })
}

/** What existed before is only what was asked for if it is of the same type. */
function assertType({ key }: Signer, type: KeyType, ref: string, created: boolean): void {
  if (created) return
  const existing = typeOf(key.publicKey)
  if (existing === type) return
  throw usageError(`${ref} exists, and is another key`, {
    why: `it is of type ${existing}, and ${type} was asked for; it was kept`,
    fix: 'choose another reference',
  })
}

function typeOf(publicKey: Uint8Array): string {
  try {
    return keyType(publicKey)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return 'unknown'
  }
}
