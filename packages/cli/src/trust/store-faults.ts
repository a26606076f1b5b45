import { isSealwrightError } from '@sealwright/core'
import type { Statement } from '@sealwright/notary'
import type { ShownPolicy } from './shown-policy.ts'
import { parseStore, readStore } from './store.ts'

/** Stores that a statement names and that are empty, unreadable or hold an expired certificate. */
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
      try {
        const certificates = await readStore(trust, parseStore(text))
        if (certificates.length === 0) add('error', `trust store ${text} is empty or missing`)
        for (const certificate of certificates) {
          if (certificate.notAfter < now)
            add('warning', `a certificate in ${text} has expired: sha256:${certificate.fingerprint}`)
        }
      } catch (error) {
        if (!isSealwrightError(error)) throw error
        add('error', `trust store ${text} cannot be used: ${error.message}`)
      }
    }
  }
  return faults
}
