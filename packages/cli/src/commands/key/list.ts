import {
  isSealwrightError,
  keyType,
  manageKeys,
  SealwrightError,
  type ListedKey as StoredKey,
} from '@sealwright/core'
import { type Certificate, parseCertificates } from '@sealwright/x509'
import { readNotationKeys } from '../../config/notation-keys.ts'
import type { KeyFlags } from '../../flags/common-flags.ts'
import { keptChains } from '../../keys/chain.ts'
import { callOptions, openKeys, publicKeyOf } from '../../keys/keys.ts'
import { readKeyLock } from '../../keys/lock-file.ts'
import { givenReference, schemeOf } from '../../keys/reference.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { readIfPresent } from '../../runtime/read-all.ts'
import { table } from '../../runtime/text.ts'
import { formatTime } from '../../runtime/time.ts'
import type { Session } from '../../session/session.ts'
import type { ListedKey } from './document.ts'

/** `sealwright key list [STORE]` */
export async function keyList(
  session: Session,
  [store]: readonly [string?],
  flags: KeyFlags,
): Promise<Outcome> {
  const keys = store === undefined ? await namedKeys(session) : await keysIn(session, store, flags)
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
              session.fit,
            )
          : table(
              ['REFERENCE', 'TYPE', 'ALGORITHMS', 'STATE', 'CREATED', 'PROTECTION'],
              keys.map(key => [
                key.reference,
                key.type ?? '-',
                key.algorithms.join(',') || '-',
                key.state ?? '-',
                key.created ?? '-',
                key.protection ?? '-',
              ]),
              session.fit,
            ),
  }
}

async function namedKeys(session: Session): Promise<readonly ListedKey[]> {
  const { paths, key: chosen } = await session.settings()
  const lock = await readKeyLock(paths.keyLock)
  const notation = await readNotationKeys(paths.trust)
  for (const { message, why } of notation.faults) session.warn([message, why].filter(Boolean).join(': '))
  const isDefault = (name: string): boolean => (chosen ?? notation.default) === name
  const keys: ListedKey[] = []
  for (const [name, locked] of Object.entries(lock.keys)) {
    const { reference, resolved, algorithm, fingerprint } = locked
    const publicKey = publicKeyOf(locked)
    keys.push({
      name,
      reference,
      resolved,
      algorithm: algorithm ?? null,
      fingerprint,
      source: 'sealwright',
      default: isDefault(name),
      certificateExpiry: await expiryOf(keptChains(paths.keys, name), publicKey),
      ...UNASKED,
      type: publicKey === undefined ? null : keyType(publicKey),
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
      certificateExpiry: await expiryOf([certPath], undefined),
      ...UNASKED,
    })
  }
  return keys
}

/** What only a store that is asked can say. */
const UNASKED = { type: null, algorithms: [], state: null, created: null, protection: null }

/** When the certificate ends that is for this very key; what was kept for a former key says nothing of this one. */
async function expiryOf(paths: readonly string[], publicKey: Uint8Array | undefined): Promise<string | null> {
  for (const path of paths) {
    const leaf = await leafOf(path)
    if (leaf === undefined) continue
    if (publicKey === undefined || Buffer.compare(leaf.publicKey, publicKey) === 0)
      return formatTime(leaf.notAfter)
  }
  return null
}

async function leafOf(path: string): Promise<Certificate | undefined> {
  try {
    const bytes = await readIfPresent(path)
    return bytes === undefined ? undefined : parseCertificates(bytes, path)[0]
  } catch (error) {
    // A list does not judge: `cert show` says what is wrong with the file.
    if (isSealwrightError(error)) return undefined
    throw error
  }
}

async function keysIn(session: Session, store: string, flags: KeyFlags): Promise<readonly ListedKey[]> {
  await using opened = await openKeys(session, flags)
  const reference = givenReference(session, store)
  const provider = await opened.provider(reference)
  const { list } = manageKeys(provider)
  if (list === undefined) {
    throw new SealwrightError('UNSUPPORTED', `the keys of ${provider.name} cannot be listed`, {
      why: 'its provider only signs',
      fix: "list them with the store's own tool",
    })
  }
  // The beginning of references, hence not always one of a key; paths alone have another spelling.
  const prefix = schemeOf(reference) === 'file' ? provider.canonical(reference) : reference
  const options = await callOptions(session, reference)
  const keys = await session.dialogue.waiting(provider.name, () => list({ prefix }, options))
  return keys.map(listed)
}

function listed({ reference, type, algorithms = [], state, created, protection }: StoredKey): ListedKey {
  return {
    name: null,
    reference,
    resolved: null,
    algorithm: algorithms.length === 1 ? (algorithms[0] as string) : null,
    fingerprint: null,
    source: 'store',
    default: false,
    certificateExpiry: null,
    type: type ?? null,
    algorithms: [...algorithms],
    state: state ?? null,
    created: created === undefined ? null : formatTime(created),
    protection: protection ?? null,
  }
}
