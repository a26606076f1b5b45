import { SealwrightError } from '@sealwright/core'
import {
  attributeValues,
  CANONICAL_ORDER,
  type DistinguishedName,
  decodeDistinguishedName,
  encodeDistinguishedName,
  formatDistinguishedName,
} from './distinguished-name.ts'
import { parseDistinguishedName } from './distinguished-name-parse.ts'

/** A subject as text (RFC 4514), as a structure, or as the DER that a request brings. */
export type Subject = string | DistinguishedName | Uint8Array

/**
 * The DER of a subject. Text is put into the order that Go writes (C, ST, L, …, CN), so that a subject typed in either
 * direction gives the same bytes; structure and DER stay as they are.
 *
 * @throws {@link SealwrightError} `VALIDATION`; with `requireIdentity` also for a name that Notation's trusted identities
 * cannot match.
 */
export function encodeSubject(subject: Subject, requireIdentity: boolean): Uint8Array {
  const name = subject instanceof Uint8Array ? decodeDistinguishedName(subject, 'subject') : toName(subject)
  if (requireIdentity) assertIdentity(name)
  return subject instanceof Uint8Array ? subject : encodeDistinguishedName(name)
}

function toName(subject: string | DistinguishedName): DistinguishedName {
  if (typeof subject !== 'string') return subject
  const rank = (type: string) => {
    const index = CANONICAL_ORDER.indexOf(type)
    return index < 0 ? CANONICAL_ORDER.length : index
  }
  const { rdns } = parseDistinguishedName(subject)
  return { rdns: [...rdns].sort((one, other) => rank(one[0]!.type) - rank(other[0]!.type)) }
}

/** Notation reads the leaf's subject by the rules of its trusted identities: C, ST and O, and every type once. */
function assertIdentity(name: DistinguishedName): void {
  const missing = ['C', 'ST', 'O'].filter(type => attributeValues(name, type).length === 0)
  const types = name.rdns.flat().map(({ type }) => type)
  const twice = types.find((type, index) => types.indexOf(type) !== index)
  const odd = types.find(type => !CANONICAL_ORDER.includes(type))
  const faults = [
    ...(missing.length > 0 ? [`it has no ${missing.join(', no ')}`] : []),
    ...(name.rdns.some(rdn => rdn.length > 1) ? ['it has several attributes in one part (+)'] : []),
    ...(twice === undefined ? [] : [`it has ${twice} twice`]),
    ...(odd === undefined ? [] : [`it has the attribute ${odd}, which Notation cannot read`]),
  ]
  if (faults.length === 0) return
  throw new SealwrightError(
    'VALIDATION',
    `the subject ${formatDistinguishedName(name) || '(empty)'} cannot be a trusted identity of Notation`,
    {
      why: `${faults.join('; ')}; trusted identities demand a country, a state and an organisation, and each attribute once`,
      fix: 'give a subject like "C=DE,ST=Hessen,O=Acme,CN=release"',
    },
  )
}
