import { SealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { makeDirectory } from '@sealwright/core/files'
import { readTrustStore, type StoreReading, storeCertificateFault } from '@sealwright/notary'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import { describeCertificate, readCertificates } from '../../certificates/certificate.ts'
import { assertHome } from '../../config/paths.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { addToStore, certificatesOf, faultsOf, parseStore } from '../../trust/store.ts'

/** `sealwright cert add STORE FILE…` */
export async function certAdd(session: Session, args: readonly string[]): Promise<Outcome> {
  const { io } = session
  const [text = '', ...files] = args
  const store = parseStore(text)
  const { trust } = (await session.settings()).paths
  const given: Certificate[] = []
  for (const file of files) {
    for (const certificate of await readCertificates(file, io.cwd)) {
      const unfit = storeCertificateFault(certificate, store.type)
      if (unfit !== undefined) {
        throw usageError(
          `${file}: ${formatDistinguishedName(certificate.subject)} cannot be in ${store.text}`,
          {
            why: `it is ${unfit}`,
            fix: `give the root that issued it: sealwright cert add ${shellQuote(store.text)} root.crt`,
          },
        )
      }
      if (!given.some(other => other.fingerprint === certificate.fingerprint)) given.push(certificate)
    }
  }
  assertHome(trust)
  const before = await readTrustStore(trust, store)
  assertFolder(before)
  const present = new Set(certificatesOf(before).map(certificate => certificate.fingerprint))
  const added = given.filter(certificate => !present.has(certificate.fingerprint))
  const kept = given.filter(certificate => present.has(certificate.fingerprint))
  if (added.length > 0) await makeDirectory(trust, 0o700)
  for (const certificate of added) await addToStore(trust, store, certificate)
  for (const fault of faultsOf(await readTrustStore(trust, store)))
    session.warn(`nothing can be verified by ${store.text}: ${fault}`)
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

/** A certificate is never written through a link, where verification would not find it. */
function assertFolder({ fault, reference }: StoreReading): void {
  if (fault === undefined) return
  const { code, message, fix } = fault
  throw new SealwrightError(code, `trust store ${reference} cannot be used`, { why: message, fix })
}
