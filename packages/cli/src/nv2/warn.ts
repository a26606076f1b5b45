import type { Context } from '../frame/context.ts'

/** What whoever relies on an nv2 signature should know, once a run. */
export function warnOfModel(context: Context): void {
  context.warn(
    'nv2 has no trust policy and no revocation, and takes host names in certificates for identities; sealwright sign and sealwright verify have better',
  )
}
