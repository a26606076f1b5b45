import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { parseCertificates } from '@sealwright/x509'
import { readNotationKeys } from '../config/notation-keys.ts'
import { readIfPresent } from '../config/read-if-present.ts'
import type { ListedKey } from '../documents/keys.ts'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { table } from '../frame/table.ts'
import { formatTime } from '../frame/time.ts'
import { askStore } from '../keys/ask-store.ts'
import { givenReference } from '../keys/canonical.ts'
import { chainPath } from '../keys/chain.ts'
import { openKeys } from '../keys/keys.ts'
import { readKeyLock } from '../keys/lock-file.ts'
import { schemeOf } from '../keys/reference.ts'
import type { KeyFlags } from '../program/key-flags.ts'

/** `sealwright key list [STORE]` */
export async function keyList(context: Context, [store]: readonly string[], flags: Flags): Promise<Outcome> {
  const keys = store === undefined ? await namedKeys(context) : await keysIn(context, store, flags)
  return {
    exitCode: 0,
    document: { keys },
    lines:
      keys.length === 0
        ? [store === undefined ? 'no key has a name yet: sealwright init' : `no key in ${store}`]
        : store === undefined
          ? table(
              ['NAME', 'DEFAULT', 'ALGORITHM', 'CERTIFICATE-UNTIL', 'PUBLIC-KEY', 'REFERENCE', 'VERSION'],
              keys.map(key => [
                key.name ?? '-',
                key.default ? 'yes' : 'no',
                key.algorithm ?? '-',
                key.certificateExpiry ?? '-',
                key.fingerprint ?? '-',
                key.reference,
                key.resolved === null || key.resolved === key.reference ? '-' : key.resolved,
              ]),
            )
          : keys.map(({ reference }) => reference),
  }
}

async function namedKeys(context: Context): Promise<readonly ListedKey[]> {
  const { paths, key: chosen } = await context.settings()
  const lock = await readKeyLock(paths.keyLock)
  const notation = await readNotationKeys(paths.trust)
  const isDefault = (name: string): boolean => (chosen ?? notation.default) === name
  const keys: ListedKey[] = []
  for (const [name, { reference, resolved, algorithm, fingerprint }] of Object.entries(lock.keys)) {
    keys.push({
      name,
      reference,
      resolved,
      algorithm: algorithm ?? null,
      fingerprint,
      source: 'sealwright',
      default: isDefault(name),
      certificateExpiry: await expiryOf(chainPath(paths.keys, name)),
    })
  }
  for (const { name, keyPath, certPath } of notation.keys) {
    if (name in lock.keys) continue
    keys.push({
      name,
      reference: `file:${keyPath}`,
      resolved: null,
      algorithm: null,
      fingerprint: null,
      source: 'notation',
      default: isDefault(name),
      certificateExpiry: await expiryOf(certPath),
    })
  }
  return keys
}

async function expiryOf(path: string): Promise<string | null> {
  try {
    const bytes = await readIfPresent(path)
    const [leaf] = bytes === undefined ? [] : parseCertificates(bytes, path)
    return leaf === undefined ? null : formatTime(leaf.notAfter)
  } catch (error) {
    // A list is no judgement: `cert show` says what is wrong with the file.
    if (isSealwrightError(error)) return null
    throw error
  }
}

async function keysIn(context: Context, store: string, flags: KeyFlags): Promise<readonly ListedKey[]> {
  await using opened = await openKeys(context, flags)
  const reference = givenReference(context, store)
  const provider = await opened.provider(reference)
  const { admin } = provider
  if (admin === undefined) {
    throw new SealwrightError('UNSUPPORTED', `the keys of ${provider.name} cannot be listed`, {
      why: 'its provider only signs',
      fix: "list them with the store's own tool",
    })
  }
  // The beginning of references, hence not always one of a key; paths alone have another spelling.
  const prefix = schemeOf(reference) === 'file' ? provider.canonical(reference) : reference
  return await askStore(context, provider, { reference, doing: 'list its keys' }, async call => {
    const keys: ListedKey[] = []
    for await (const found of admin.list({ prefix }, call)) {
      keys.push({
        name: null,
        reference: found.reference,
        resolved: null,
        algorithm: null,
        fingerprint: null,
        source: 'store',
        default: false,
        certificateExpiry: null,
      })
    }
    return keys
  })
}
