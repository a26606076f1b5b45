import { isSealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { parseReference, shownReference } from '@sealwright/oci'
import { usageError } from '../frame/usage.ts'

/**
 * Reads the name of a registry: `registry.example`, `localhost:5000`.
 *
 * @param command - The command it was given to, for the fix.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseRegistryHost(text: string, command: string): string {
  const bare = text.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '')
  try {
    if (bare === text && !text.includes('/')) return parseReference(`${text}/repository`).registry
  } catch (error) {
    if (!isSealwrightError(error)) throw error
  }
  const [host = ''] = bare.split('/')
  throw usageError(`"${shownReference(text)}" is not the name of a registry`, {
    why: 'it is a host, with its port if it has one, as references begin with it',
    fix: `sealwright ${command} ${shellQuote(/^[\w.-]+(?::\d+)?$/.test(host) ? host.toLowerCase() : 'registry.example')}`,
  })
}
