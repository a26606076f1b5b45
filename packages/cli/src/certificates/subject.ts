import { subjectFault } from '@sealwright/notary'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import type { Context } from '../frame/context.ts'

/** Why no trusted identity of a policy can match the subject of a certificate, as a sentence; `undefined` if one can. */
export function unmatchableSubject(certificate: Certificate): string | undefined {
  const fault = subjectFault(certificate)
  if (fault === undefined) return undefined
  return `the subject ${formatDistinguishedName(certificate.subject)} can match no trusted identity of a policy: ${fault}`
}

/** Warns whoever signs of a subject that verifiers can only accept with the identity `*`. */
export function warnOfSubject({ warn }: Context, certificate: Certificate, what: string): void {
  const fault = unmatchableSubject(certificate)
  if (fault !== undefined) warn(`${what}: ${fault}`)
}
