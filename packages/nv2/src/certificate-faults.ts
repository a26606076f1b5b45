import type { Certificate } from '@sealwright/x509'
import { hostNames, isForHost } from './host-names.ts'

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const ANY_PURPOSE = '2.5.29.37.0'
/** keyUsage, subjectAltName, basicConstraints, certificatePolicies, extKeyUsage. */
const UNDERSTOOD = ['2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.32', '2.5.29.37']
const NAME_CONSTRAINTS = '2.5.29.30'

/** Returns why a certificate of a chain is refused at a time; `undefined` if it is not. */
function generalFault({ notBefore, notAfter, extensions }: Certificate, at: Date): string | undefined {
  // Written so that an invalid date is a fault too.
  if (!(at >= notBefore && at <= notAfter))
    return `it is valid from ${iso(notBefore)} to ${iso(notAfter)} only`
  const strange = extensions.find(({ oid, critical }) => critical && !UNDERSTOOD.includes(oid))
  if (strange !== undefined)
    return `it has the critical extension ${strange.oid}, which is not evaluated here`
  if (extensions.some(({ oid }) => oid === NAME_CONSTRAINTS))
    return 'it constrains names, which is not evaluated here'
  return undefined
}

/** Returns why a certificate that issued others is refused, with `below` issuers under it. */
export function issuerFault(certificate: Certificate, below: number, at: Date): string | undefined {
  const { basicConstraints, keyUsage } = certificate
  if (basicConstraints?.ca !== true) return 'it is not an authority (basicConstraints)'
  if (keyUsage !== undefined && !keyUsage.includes('keyCertSign')) return 'it may not certify (keyUsage)'
  if (basicConstraints.pathLength !== undefined && below > basicConstraints.pathLength)
    return 'more authorities follow it than it allows (pathLength)'
  return generalFault(certificate, at)
}

/**
 * Returns why the certificate of a signer is refused at a time; `undefined` if it is not. If it has a key usage, that must
 * include `digitalSignature`, which the prototype's specification demands and its program did not check. If references are
 * signed, it must be for servers, and for the host of each reference.
 *
 * @param references - The signed references: `registry.example/app:v1`.
 */
export function nv2SignerFault(
  certificate: Certificate,
  references: readonly string[],
  at: Date,
): string | undefined {
  const { keyUsage, extendedKeyUsage } = certificate
  if (keyUsage !== undefined && !keyUsage.includes('digitalSignature'))
    return 'it is not for signatures (keyUsage)'
  const general = generalFault(certificate, at)
  if (general !== undefined || references.length === 0) return general
  if (extendedKeyUsage?.some(oid => oid === SERVER_AUTH || oid === ANY_PURPOSE) === false)
    return 'it is not for servers (extendedKeyUsage), whose names references are compared with'
  const stray = references.find(reference => !isForHost(certificate, hostOf(reference)))
  if (stray === undefined) return undefined
  const names = hostNames(certificate)
  return `it is for ${names.length === 0 ? 'no host' : names.join(', ')}, and the signed reference ${stray} is at ${hostOf(stray)}`
}

function hostOf(reference: string): string {
  return reference.split('/', 1)[0] as string
}

function iso(time: Date): string {
  return Number.isNaN(time.getTime()) ? 'an invalid time' : time.toISOString().slice(0, 10)
}
