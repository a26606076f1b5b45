import type { AlgorithmId, KeyType, Signer } from '@sealwright/core'
import { isSealwrightError, keyType, SealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { canonicalReference, givenReference } from '../keys/canonical.ts'
import { createKey } from '../keys/create-key.ts'
import { defaultAlgorithm, typeFor } from '../keys/default-algorithm.ts'
import { assertKeyName } from '../keys/key-name.ts'
import { describeKey, type Keys, openKeys } from '../keys/keys.ts'
import { keyLines } from '../keys/lines.ts'
import { assertModuleFits, keepModule, moduleToKeep, takeModule } from '../keys/module.ts'
import { nameKey } from '../keys/name-key.ts'
import type { KeyFlags } from '../program/key-flags.ts'

interface KeyCreateFlags extends KeyFlags {
  readonly name?: string
  readonly algorithm?: AlgorithmId
  readonly type?: KeyType
  readonly protection?: 'hsm' | 'software'
  readonly default?: true
  readonly passphrase?: false
}

/** `sealwright key create REF` */
export async function keyCreate(
  context: Context,
  [ref = '']: readonly string[],
  options: Flags,
): Promise<Outcome> {
  const flags = options as KeyCreateFlags
  const type = typeFor(flags.type, flags.algorithm)
  const name = flags.name === undefined ? undefined : assertKeyName(flags.name)
  assertCombination(flags)
  const taken = takeModule(ref)
  const { text, module } = taken
  const settings = await context.settings()
  assertModuleFits(settings, module)
  await using keys = await openKeys(context, {
    ...flags,
    referenceModule: module,
    encryption: flags.passphrase === false ? 'none' : 'passphrase',
  })
  const given = givenReference(context, text)
  if (name !== undefined) await assertNameIsFree(context, keys, name, given)
  const { created, reference, resolved } = await createKey(context, keys, {
    reference: given,
    type,
    ...(flags.algorithm === undefined ? {} : { algorithm: flags.algorithm }),
    ...(flags.protection === undefined ? {} : { protection: flags.protection }),
  })
  // As later runs will open it.
  await using signer = await keys.openUnnamed(reference, name ?? text, flags.algorithm ?? defaultAlgorithm)
  assertType(signer, type, text, created)
  if (created) await assertMade(keys, signer, resolved)
  await keepModule(context, settings, moduleToKeep(context, settings, taken, flags.pkcs11Module))
  const named =
    name !== undefined &&
    (await nameKey(context, { name, reference, signer, isDefault: flags.default === true }))
  const key = describeKey({ reference, ...(name === undefined ? {} : { name }) }, signer)
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

async function assertNameIsFree(context: Context, keys: Keys, name: string, given: string): Promise<void> {
  const existing = keys.lock.keys[name]?.reference
  if (existing === undefined) return
  const isSame = existing === (await canonicalReference(context, keys, given))
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
    why: `the key that was made is ${resolved}; somebody else has changed what the reference leads to`,
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
