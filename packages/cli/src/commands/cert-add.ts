import { mkdir } from 'node:fs/promises'
import { shellQuote } from '@sealwright/core/encoding'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import { describeCertificate } from '../certificates/describe.ts'
import { readCertificates } from '../certificates/read.ts'
import type { Context } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { addToStore, parseStore, readStore, unfitFor } from '../trust/store.ts'

/** `sealwright cert add STORE FILE…` */
export async function certAdd({ io, settings }: Context, args: readonly string[]): Promise<Outcome> {
  const [text = '', ...files] = args
  const store = parseStore(text)
  const { trust } = (await settings()).paths
  const given: Certificate[] = []
  for (const file of files) {
    for (const certificate of await readCertificates(file, io.cwd)) {
      const unfit = unfitFor(store, certificate)
      if (unfit !== undefined) {
        throw usageError(
          `${file}: ${formatDistinguishedName(certificate.subject)} cannot be in ${store.text}`,
          {
            why: unfit,
            fix: `give the root that issued it: sealwright cert add ${shellQuote(store.text)} root.crt`,
          },
        )
      }
      if (!given.some(other => other.fingerprint === certificate.fingerprint)) given.push(certificate)
    }
  }
  const present = new Set((await readStore(trust, store)).map(certificate => certificate.fingerprint))
  const added = given.filter(certificate => !present.has(certificate.fingerprint))
  const kept = given.filter(certificate => present.has(certificate.fingerprint))
  if (added.length > 0) await mkdir(trust, { recursive: true, mode: 0o700 })
  for (const certificate of added) await addToStore(trust, store, certificate)
  const line = (what: string) => (certificate: Certificate) =>
    `${what}  ${store.text}  sha256:${certificate.fingerprint}  ${formatDistinguishedName(certificate.subject)}`
  return {
    exitCode: 0,
    document: {
      store: store.text,
      added: added.map(describeCertificate),
      kept: kept.map(describeCertificate),
    },
    lines: [...added.map(line('added')), ...kept.map(line('kept '))],
  }
}
