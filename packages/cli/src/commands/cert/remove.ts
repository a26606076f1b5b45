import { existsSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { SealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { readTrustStore, type StoreEntry, type StoreReading, type TrustFault } from '@sealwright/notary'
import { formatDistinguishedName } from '@sealwright/x509'
import { describeCertificate, readCertificates } from '../../certificates/certificate.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { printable } from '../../runtime/text.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { parseStore, type Removal, removeFromStore } from '../../trust/store.ts'
import type { CertRemoveFlags } from './spec.ts'

/** `sealwright cert remove STORE (FILE|FINGERPRINT… | --all)` */
export async function certRemove(
  session: Session,
  args: readonly string[],
  flags: CertRemoveFlags,
): Promise<Outcome> {
  const [text = '', ...named] = args
  const all = flags.all === true
  const store = parseStore(text)
  if (all === named.length > 0) {
    throw usageError(
      all ? '--all and a certificate cannot be used together' : 'no certificate to remove was named',
      {
        why: 'either the whole store is removed, or the named certificates',
        fix: `sealwright cert remove ${shellQuote(store.text)} FINGERPRINT`,
      },
    )
  }
  const { trust } = (await session.settings()).paths
  const present = await readTrustStore(trust, store)
  // A link or a file in place of the store is removed as it is: what it points at belongs to others.
  const isFolder = present.fault === undefined
  if (present.fault?.code === 'ACCESS_DENIED' || (!isFolder && !all)) throw unusable(present)
  const removal = all
    ? { fingerprints: NONE, entries: present.entries }
    : await removalOf(present, named, session)
  const removed = present.entries.flatMap(entry =>
    entry.certificates.filter(
      ({ fingerprint }) => removal.entries.includes(entry) || removal.fingerprints.has(fingerprint),
    ),
  )
  const others = isFolder
    ? removal.entries.filter(({ certificates }) => certificates.length === 0).map(({ name }) => name)
    : [present.path]
  const nothing = removed.length + others.length === 0
  if (all && !nothing) await confirmAll(session, store.text, removed.length, others)
  if (!isFolder) await unlink(present.path)
  else if (!nothing) await removeFromStore(trust, present, removal)
  return {
    exitCode: 0,
    document: { store: store.text, removed: removed.map(describeCertificate), entries: others },
    lines: nothing
      ? [`nothing to do: ${store.text} holds none of them`]
      : [
          ...removed.map(
            certificate =>
              `removed  ${store.text}  sha256:${certificate.fingerprint}  ${printable(formatDistinguishedName(certificate.subject))}`,
          ),
          ...others.map(name => `removed  ${store.text}  ${printable(name)}`),
        ],
  }
}

const NONE: ReadonlySet<string> = new Set()

function unusable({ reference, fault }: StoreReading): SealwrightError {
  const { code, message, fix } = fault as TrustFault
  return new SealwrightError(code, `trust store ${reference} cannot be read`, { why: message, fix })
}

async function confirmAll(
  { dialogue }: Session,
  store: string,
  count: number,
  others: readonly string[],
): Promise<void> {
  const named = others.map(name => `"${printable(name)}"`)
  const what = [...(count === 0 ? [] : [`${count} certificate${count === 1 ? '' : 's'}`]), ...named]
  const agreed = await dialogue.confirm({
    prompt: `remove ${what.join(', ')} from ${store}?`,
    missing: `removing all of ${store} needs a confirmation, and no terminal is available to ask on`,
    fix: 'add -y',
  })
  if (!agreed)
    throw usageError('nothing was removed', {
      why: 'the question was not answered with yes',
      fix: 'answer y, or give -y',
    })
}

/** What the arguments name: a fingerprint, an entry of the store that cannot be used, or a file with certificates. */
async function removalOf(
  { entries, path }: StoreReading,
  named: readonly string[],
  { io: { cwd } }: Session,
): Promise<Removal> {
  const fingerprints = new Set<string>()
  const whole: StoreEntry[] = []
  for (const one of named) {
    const digits = one
      .replace(/^sha256:/i, '')
      .replaceAll(':', '')
      .toLowerCase()
    const file = resolve(cwd, one)
    const entry = entries.find(({ name }) => one === name || file === join(path, name))
    const exists = existsSync(file)
    if (/^[0-9a-f]{64}$/.test(digits)) fingerprints.add(digits)
    else if (entry !== undefined && (entry.fault !== undefined || !exists)) whole.push(entry)
    else if (exists) {
      for (const certificate of await readCertificates(one, cwd)) fingerprints.add(certificate.fingerprint)
    } else {
      throw usageError(`"${one}" is neither a file nor a fingerprint`, {
        why: 'neither here nor in the store is a file of this name, and a fingerprint has 64 hexadecimal digits',
        fix: 'look for the fingerprint: sealwright cert list',
      })
    }
  }
  return { fingerprints, entries: whole }
}
