import { SealwrightError } from '@sealwright/core'
import { type Certificate, parseCertificate } from '@sealwright/x509'
import type { Trust, TrustStore } from '../trust/trust.ts'

/** The certificates of one trust store; or why it cannot be used. */
export type IndexedStore =
  | {
      readonly fingerprints: ReadonlySet<string>
      readonly certificates: readonly Certificate[]
      readonly fault?: undefined
    }
  | { readonly fault: SealwrightError; readonly fingerprints?: undefined; readonly certificates?: undefined }

/** The trust stores of a verifier each read once. */
export class StoreIndex {
  readonly #trust: Trust
  readonly #stores = new Map<string, IndexedStore>()

  constructor(trust: Trust) {
    this.#trust = trust
  }

  /** @param reference - `ca:acme`. */
  get(reference: string): IndexedStore {
    let store = this.#stores.get(reference)
    if (store === undefined) {
      store = this.#read(reference)
      this.#stores.set(reference, store)
    }
    return store
  }

  #read(reference: string): IndexedStore {
    const store = Object.hasOwn(this.#trust.stores, reference) ? this.#trust.stores[reference] : undefined
    if (store === undefined) return { fault: unusable(reference, { fault: 'it does not exist' }) }
    if (store.fault !== undefined) return { fault: unusable(reference, store) }
    const certificates = store.certificates.map(der => parseCertificate(der, reference))
    return { certificates, fingerprints: new Set(certificates.map(({ fingerprint }) => fingerprint)) }
  }
}

function unusable(
  reference: string,
  { fault, code = 'VALIDATION', fix }: Exclude<TrustStore, { fault?: undefined }>,
): SealwrightError {
  return new SealwrightError(code, `trust store ${reference} cannot be used`, {
    why: fault,
    fix: fix ?? 'add the root that was meant, or correct the name of the store',
  })
}
