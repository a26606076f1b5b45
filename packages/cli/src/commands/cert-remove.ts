import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { shellQuote } from '@sealwright/core/encoding'
import { formatDistinguishedName } from '@sealwright/x509'
import { describeCertificate } from '../certificates/describe.ts'
import { readCertificates } from '../certificates/read.ts'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { parseStore, readStore, removeFromStore } from '../trust/store.ts'

/** `sealwright cert remove STORE (FILE|FINGERPRINT… | --all)` */
export async function certRemove(context: Context, args: readonly string[], flags: Flags): Promise<Outcome> {
  const [text = '', ...named] = args
  const all = flags.all === true
  const store = parseStore(text)
  if (all === named.length > 0) {
    throw usageError(
      all ? '--all and a certificate cannot be used together' : 'it is not said which certificates to remove',
      {
        why: 'either all of the store goes, or what is named',
        fix: `sealwright cert remove ${shellQuote(store.text)} FINGERPRINT`,
      },
    )
  }
  const { trust } = (await context.settings()).paths
  const present = await readStore(trust, store)
  const wanted = all ? undefined : await fingerprintsOf(named, context.io.cwd)
  const removed = present.filter(certificate => wanted?.has(certificate.fingerprint) ?? true)
  if (all && removed.length > 0) await confirmAll(context, store.text, removed.length)
  if (removed.length > 0) {
    await removeFromStore(trust, store, new Set(removed.map(certificate => certificate.fingerprint)))
  }
  return {
    exitCode: 0,
    document: { store: store.text, removed: removed.map(describeCertificate) },
    lines:
      removed.length > 0
        ? removed.map(
            certificate =>
              `removed  ${store.text}  sha256:${certificate.fingerprint}  ${formatDistinguishedName(certificate.subject)}`,
          )
        : [`nothing to do: ${store.text} holds none of them`],
  }
}

async function confirmAll({ dialogue }: Context, store: string, count: number): Promise<void> {
  const agreed = await dialogue.confirm({
    prompt: `remove ${count} certificate${count === 1 ? '' : 's'} of ${store}?`,
    missing: `removing all of ${store} needs a confirmation, and there is no terminal to ask on`,
    fix: 'add -y',
  })
  if (!agreed) throw usageError('nothing was removed', { why: 'the question was not answered with yes' })
}

async function fingerprintsOf(named: readonly string[], cwd: string): Promise<ReadonlySet<string>> {
  const fingerprints = new Set<string>()
  for (const one of named) {
    const digits = one
      .replace(/^sha256:/i, '')
      .replaceAll(':', '')
      .toLowerCase()
    if (/^[0-9a-f]{64}$/.test(digits)) fingerprints.add(digits)
    else if (await exists(resolve(cwd, one))) {
      for (const certificate of await readCertificates(one, cwd)) fingerprints.add(certificate.fingerprint)
    } else {
      throw usageError(`"${one}" is neither a file nor a fingerprint`, {
        why: 'there is no such file, and a fingerprint has 64 hexadecimal digits',
        fix: 'look for the fingerprint: sealwright cert list',
      })
    }
  }
  return fingerprints
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
