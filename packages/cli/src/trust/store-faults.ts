import { readTrustStore, type Statement, storeFault } from '@sealwright/notary'
import type { ShownPolicy } from './shown-policy.ts'
import { certificatesOf, faultsOf, parseStore } from './store.ts'

/** What is wrong with the stores that statements name: empty, unusable, or with an expired certificate. */
export async function storeFaults(
  now: Date,
  trust: string,
  { statements }: ShownPolicy,
): Promise<ShownPolicy['faults']> {
  const faults: ShownPolicy['faults'] = []
  for (const { name, trustStores } of statements as readonly Statement[]) {
    const add = (severity: 'error' | 'warning', message: string): void => {
      faults.push({ severity, message, statement: name, line: null, column: null })
    }
    for (const text of trustStores) {
      const store = await readTrustStore(trust, parseStore(text))
      const found = faultsOf(store)
      for (const fault of found) add('error', `trust store ${text} cannot be used: ${fault}`)
      if (found.length === 0 && storeFault(store) !== undefined)
        add('error', `trust store ${text} is empty or missing`)
      for (const certificate of certificatesOf(store)) {
        if (certificate.notAfter < now)
          add('warning', `a certificate in ${text} has expired: sha256:${certificate.fingerprint}`)
      }
    }
  }
  return faults
}
