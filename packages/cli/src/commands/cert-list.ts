import { isSealwrightError } from '@sealwright/core'
import { describeCertificate } from '../certificates/describe.ts'
import type { ListedStore } from '../documents/certificates.ts'
import type { Context } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { table } from '../frame/table.ts'
import { listStores, parseStore, readStore, type StoreReference } from '../trust/store.ts'

/** `sealwright cert list [STORE]` */
export async function certList({ settings }: Context, [text]: readonly string[]): Promise<Outcome> {
  const wanted = text === undefined ? undefined : parseStore(text)
  const { trust } = (await settings()).paths
  const stores: ListedStore[] = []
  for (const store of wanted ? [wanted] : await listStores(trust)) stores.push(await listed(trust, store))
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
        ? table(['STORE', 'EXPIRES', 'FINGERPRINT', 'SUBJECT'], rows)
        : [`no certificate in ${wanted?.text ?? trust}`],
  }
}

/** A store that cannot be read is listed with its fault: one broken store hides no other. */
async function listed(trust: string, store: StoreReference): Promise<ListedStore> {
  try {
    const certificates = await readStore(trust, store)
    return { store: store.text, certificates: certificates.map(describeCertificate), fault: null }
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return { store: store.text, certificates: [], fault: error.message }
  }
}
