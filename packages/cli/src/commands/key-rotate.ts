import { SealwrightError } from '@sealwright/core'
import { rotateKey } from '@sealwright/keyring'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { canonicalReference } from '../keys/canonical.ts'
import { defaultAlgorithm } from '../keys/default-algorithm.ts'
import { assertKeyName } from '../keys/key-name.ts'
import { describeKey, type Keys, openKeys } from '../keys/keys.ts'
import { keyLines } from '../keys/lines.ts'
import { updateKeyLock } from '../keys/lock-file.ts'

/** `sealwright key rotate NAME [--to REF]` */
export async function keyRotate(
  context: Context,
  [text = '']: readonly string[],
  given: Flags,
): Promise<Outcome> {
  const flags = given as { readonly to?: string; readonly passphraseFile?: string }
  const name = assertKeyName(text)
  await using keys = await openKeys(context, flags)
  const locked = keys.lock.keys[name]
  if (locked === undefined) {
    throw new SealwrightError('NOT_FOUND', `there is no key named "${name}"`, {
      why: `there are ${Object.keys(keys.lock.keys).join(', ') || 'none'}`,
      fix: 'sealwright key list',
    })
  }
  const reference =
    flags.to === undefined ? locked.reference : await canonicalReference(context, keys, flags.to)
  const resolved = flags.to === undefined ? await rotateInStore(context, keys, reference, name) : reference
  await using signer = await keys.openUnnamed(resolved, name, defaultAlgorithm)
  const { paths } = await context.settings()
  const changed = await updateKeyLock(context.io, paths.keyLock, lock =>
    rotateKey(lock, name, { reference, key: signer.key, at: context.io.now() }),
  )
  const key = describeKey({ name, reference }, signer)
  const newKey = key.fingerprint !== locked.fingerprint
  const next = newKey
    ? [
        `sealwright cert request ${name} --subject "C=DE,ST=Hessen,O=Acme,CN=${name}" --out ${name}.csr`,
        `sealwright key add ${name} ${reference} --cert-chain ${name}.crt`,
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

async function rotateInStore(context: Context, keys: Keys, reference: string, name: string): Promise<string> {
  const provider = await keys.provider(reference)
  const rotate = provider.admin?.rotate?.bind(provider.admin)
  if (rotate === undefined) {
    throw new SealwrightError('UNSUPPORTED', `the store of key "${name}" cannot rotate it`, {
      why: `${provider.name} keys have no versions`,
      fix: `make another key and move the name: sealwright key rotate ${name} --to REF`,
    })
  }
  return context.dialogue.waiting(provider.name, () => rotate(reference, { signal: context.io.signal }))
}
