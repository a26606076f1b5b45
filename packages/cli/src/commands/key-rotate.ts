import { SealwrightError, type Signer } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { rotateKey } from '@sealwright/keyring'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { askStore } from '../keys/ask-store.ts'
import { canonicalReference } from '../keys/canonical.ts'
import { defaultAlgorithm } from '../keys/default-algorithm.ts'
import { assertKeyName } from '../keys/key-name.ts'
import { describeKey, type Keys, openKeys } from '../keys/keys.ts'
import { keyLines } from '../keys/lines.ts'
import { updateKeyLock } from '../keys/lock-file.ts'
import type { KeyFlags } from '../program/key-flags.ts'

/** `sealwright key rotate NAME [--to REF]` */
export async function keyRotate(
  context: Context,
  [text = '']: readonly string[],
  given: Flags,
): Promise<Outcome> {
  const flags = given as KeyFlags & { readonly to?: string }
  const name = assertKeyName(text)
  await using keys = await openKeys(context, flags)
  const locked = keys.lock.keys[name]
  if (locked === undefined) {
    throw new SealwrightError('NOT_FOUND', `there is no key named "${name}"`, {
      why: `there are ${Object.keys(keys.lock.keys).join(', ') || 'none'}`,
      fix: 'sealwright key list',
    })
  }
  const moved =
    flags.to === undefined
      ? await rotateInStore(context, keys, locked.reference, name)
      : await canonicalReference(context, keys, flags.to)
  const { reference, signer: opened } =
    flags.to === undefined
      ? await follow(keys, name, locked.reference, moved)
      : { reference: moved, signer: await keys.openUnnamed(moved, name, defaultAlgorithm) }
  await using signer = opened
  const { paths } = await context.settings()
  const changed = await updateKeyLock(context.io, paths.keyLock, lock =>
    rotateKey(lock, name, { reference, key: signer.key, at: context.io.now() }),
  )
  const key = describeKey({ name, reference }, signer)
  const newKey = key.fingerprint !== locked.fingerprint
  const next = newKey
    ? [
        `sealwright cert request ${shellQuote(name)} --subject ${shellQuote(`C=DE,ST=Hessen,O=Acme,CN=${name}`)} --out ${shellQuote(`${name}.csr`)}`,
        `sealwright key add ${shellQuote(name)} ${shellQuote(reference)} --cert-chain ${shellQuote(`${name}.crt`)}`,
      ]
    : []
  return {
    exitCode: 0,
    document: { changed, key, previous: newKey ? locked.fingerprint : null, next },
    lines: [
      changed
        ? `key ${name} is locked to another key now`
        : `nothing to do: key ${name} is locked to this key`,
      ...keyLines(key),
      ...(newKey
        ? [
            `  formerly    ${locked.resolved}  ${locked.fingerprint}`,
            'its certificate is over the former key; the new one needs its own:',
            ...next.map(line => `  ${line}`),
          ]
        : []),
    ],
  }
}

/** @returns The reference of the new version. */
async function rotateInStore(context: Context, keys: Keys, reference: string, name: string): Promise<string> {
  const provider = await keys.provider(reference)
  const rotate = provider.admin?.rotate?.bind(provider.admin)
  if (rotate === undefined) {
    throw new SealwrightError('UNSUPPORTED', `the store of key "${name}" cannot rotate it`, {
      why: `${provider.name} keys have no versions`,
      fix: `make another key and move the name: sealwright key rotate ${shellQuote(name)} --to REF`,
    })
  }
  context.step(`rotate ${reference}`)
  return askStore(context, provider, { reference, doing: 'rotate the key' }, call => rotate(reference, call))
}

/** Opens the new version by the name's reference, or by its own where that names the old version. */
async function follow(
  keys: Keys,
  name: string,
  reference: string,
  version: string,
): Promise<{ readonly reference: string; readonly signer: Signer }> {
  const signer = await keys.openUnnamed(version, name, defaultAlgorithm)
  try {
    await using same = await keys.openUnnamed(reference, name, defaultAlgorithm)
    return { reference: same.key.reference === signer.key.reference ? reference : version, signer }
  } catch (error) {
    await signer[Symbol.asyncDispose]()
    throw error
  }
}
