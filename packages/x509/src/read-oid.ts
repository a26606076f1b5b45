import { SealwrightError } from '@sealwright/core'
import { type DerValue, derOid } from '@sealwright/core/encoding'

const LAST_ARC = 0x7fff_ffff

/**
 * An object identifier of a certificate, in dotted decimal. Readers in Go, the reference among them, refuse a certificate
 * with an arc beyond 31 bits, save in its policies.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function readOid(value: DerValue | undefined, label: string): string {
  const oid = derOid(value, label)
  if (oid.split('.').some(arc => Number(arc) > LAST_ARC))
    throw new SealwrightError('VALIDATION', `${label}: an object identifier has an arc beyond 31 bits`)
  return oid
}
