import { SealwrightError } from '@sealwright/core'
import { listTrustStores, readTrustStore, type StoreReading } from '@sealwright/notary'
import { describeCertificate } from '../../certificates/certificate.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { table } from '../../runtime/text.ts'
import type { Session } from '../../session/session.ts'
import { faultsOf, parseStore } from '../../trust/store.ts'
import type { ListedStore } from './document.ts'

/** `sealwright cert list [STORE]` */
export async function certList(session: Session, [text]: readonly [string?]): Promise<Outcome> {
  const wanted = text === undefined ? undefined : parseStore(text)
  const { trust } = (await session.settings()).paths
  const found = wanted
    ? { stores: [await readTrustStore(trust, wanted)], faults: [] }
    : await listTrustStores(trust)
  const [unlisted] = found.faults
  // Nothing that can be listed is not the same as nothing that is there.
  if (unlisted !== undefined && found.stores.length === 0) {
    const { code, message, fix } = unlisted
    throw new SealwrightError(code, `the trust stores in ${trust} cannot be listed`, { why: message, fix })
  }
  for (const { message } of found.faults) session.warn(message)
  const stores = found.stores.map(listed)
  const rows = stores.flatMap(store => [
    ...store.certificates.map(certificate => [
      store.store,
      certificate.notAfter,
      `sha256:${certificate.fingerprint}`,
      certificate.subject,
    ]),
    ...(store.fault === null ? [] : [[store.store, '-', '-', `cannot be used: ${store.fault}`]]),
  ])
  return {
    exitCode: 0,
    document: { stores },
    lines:
      rows.length > 0
        ? table(['STORE', 'EXPIRES', 'FINGERPRINT', 'SUBJECT'], rows, session.fit)
        : [`no certificate in ${wanted?.text ?? trust}`],
  }
}

/** A store that cannot be used is listed with its faults: one broken store hides no other. */
function listed(store: StoreReading): ListedStore {
  const faults = faultsOf(store)
  return {
    store: store.reference,
    certificates: store.entries.flatMap(({ certificates }) => certificates.map(describeCertificate)),
    fault: faults.length === 0 ? null : faults.join('; '),
  }
}
