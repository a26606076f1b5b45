import { isSealwrightError } from '@sealwright/core'
import { type DerValue, derExplicit, derSequence, readDer } from '@sealwright/core/encoding'
import type { Certificate } from './certificate.ts'
import { type DistinguishedName, formatDistinguishedName, readName } from './distinguished-name.ts'
import { GENERAL_NAME, printableAscii } from './general-names.ts'
import { malformed } from './malformed.ts'
import { OID } from './oids.ts'

const { directoryName, dNSName, iPAddress, rfc822Name, uniformResourceIdentifier } = GENERAL_NAME

/** The choices of GeneralName by their identifier octets. */
const FORMS: Readonly<Record<number, string>> = {
  160: 'otherName',
  [rfc822Name]: 'rfc822Name',
  [dNSName]: 'dNSName',
  163: 'x400Address',
  [directoryName]: 'directoryName',
  165: 'ediPartyName',
  [uniformResourceIdentifier]: 'uniformResourceIdentifier',
  [iPAddress]: 'iPAddress',
  136: 'registeredID',
}

const EMAIL_ADDRESS = '1.2.840.113549.1.9.1'
const HOST = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/
const IPV4 = /^[0-9.]+$/
/** For one certificate and one CA. Certificates in use have a handful of names and of subtrees. */
const MAX_COMPARISONS = 10_000
const MAX_CONSTRAINTS_BYTES = 64 * 1024
const MAX_TEXT = 200

/** A name as the path from the top of its space down: RDNs, labels of a domain from the right, bits of an address. */
interface Name {
  readonly text: string
  readonly path: readonly string[]
}

/** The names whose path begins with `path` and has at least `least` and at most `most` parts more. */
interface Subtree extends Name {
  readonly least: number
  readonly most: number
}

/** A name of a certificate that has not been looked at, as most have no constraint to meet. */
interface UnreadName {
  readonly form: number
  read(label: string): Name
}

/**
 * Returns why a CA must not vouch for a certificate below it: the nameConstraints of the CA (RFC 5280, section 4.2.1.10)
 * exclude one of its names, or permit only others of this form. `undefined` if all names are allowed.
 *
 * Names are the subject, the e-mail addresses in it, and subjectAltName. Names are compared if their form is directoryName,
 * rfc822Name, dNSName, uniformResourceIdentifier or iPAddress; any other form, or a malformed name, is a fault where the CA
 * constrains its form. The caller leaves out CA certificates that are self-issued.
 *
 * @returns One clause: `its directoryName CN=x,O=Other is outside of what CN=CA permits: O=Acme`.
 */
export function nameFault(
  certificate: Pick<Certificate, 'subject' | 'extensions'>,
  ca: Pick<Certificate, 'subject' | 'extensions'>,
): string | undefined {
  const constraints = ca.extensions.find(({ oid }) => oid === OID.nameConstraints)
  if (constraints === undefined) return undefined
  const issuer = formatDistinguishedName(ca.subject)
  if (constraints.value.length > MAX_CONSTRAINTS_BYTES)
    return `the nameConstraints of ${issuer} have more than ${MAX_CONSTRAINTS_BYTES} bytes`
  try {
    const { permitted, excluded } = readSubtrees(constraints.value)
    const names = namesOf(certificate)
    if (names.length * (permitted.length + excluded.length) > MAX_COMPARISONS)
      return `it has too many names to compare with the nameConstraints of ${issuer}`
    for (const { form, read } of names) {
      const allowed = permitted.filter(({ tag }) => tag === form)
      const forbidden = excluded.filter(({ tag }) => tag === form)
      if (allowed.length + forbidden.length === 0) continue
      const name = read(`its ${FORMS[form]}`)
      const named = `its ${FORMS[form]} ${name.text.slice(0, MAX_TEXT)}`
      const exclusion = forbidden.map(readSubtree).find(subtree => isWithin(name, subtree))
      if (exclusion) return `${named} is excluded by the nameConstraints of ${issuer} (${exclusion.text})`
      const trees = allowed.map(readSubtree)
      if (trees.length > 0 && !trees.some(subtree => isWithin(name, subtree))) {
        const list = trees.map(({ text }) => text).join('; ')
        return `${named} is outside of the nameConstraints of ${issuer}, which permit ${list.slice(0, MAX_TEXT)}`
      }
    }
    return undefined
  } catch (error) {
    if (!isSealwrightError(error) || error.code !== 'VALIDATION') throw error
    return `the nameConstraints of ${issuer} cannot be applied: ${error.message}`
  }
}

/** Whether a certificate has the same subject and issuer, as one for a new key of a CA has: no constraint applies to it, unless it is the leaf. */
export function isSelfIssued({ rawSubject, rawIssuer }: Certificate): boolean {
  return Buffer.compare(rawSubject, rawIssuer) === 0
}

function isWithin(name: Name, { path, least, most }: Subtree): boolean {
  const more = name.path.length - path.length
  return more >= least && more <= most && path.every((part, index) => part === name.path[index])
}

/** The bases of the subtrees. Their form was checked when the certificate was read. */
function readSubtrees(value: Uint8Array): Readonly<Record<'permitted' | 'excluded', readonly DerValue[]>> {
  const lists = derSequence(readDer(value, 'nameConstraints'), 'nameConstraints')
  const [permitted, excluded] = [0xa0, 0xa1].map(tag =>
    (lists.find(list => list.tag === tag)?.children() ?? []).map(tree => {
      const [base, ...limits] = derSequence(tree, 'nameConstraints')
      // RFC 5280: minimum is 0, which DER leaves out, and maximum is absent.
      if (base === undefined || limits.length > 0)
        throw malformed('a subtree', 'it has a minimum or a maximum')
      return base
    }),
  ) as [DerValue[], DerValue[]]
  return { permitted, excluded }
}

function namesOf({ subject, extensions }: Pick<Certificate, 'subject' | 'extensions'>): UnreadName[] {
  const alternative = extensions.find(({ oid }) => oid === OID.subjectAltName)
  const others = alternative
    ? derSequence(readDer(alternative.value, 'subjectAltName'), 'subjectAltName')
    : []
  const attributes = subject.rdns.flat()
  return [
    ...(attributes.length > 0 ? [{ form: directoryName, read: () => directoryPath(subject) }] : []),
    ...attributes
      .filter(({ type }) => type === EMAIL_ADDRESS)
      .map(({ value }) => ({ form: rfc822Name, read: (label: string) => mailbox(value, label) })),
    ...others.map(name => ({ form: name.tag, read: (label: string) => readAlternative(name, label) })),
  ]
}

function readAlternative(name: DerValue, label: string): Name {
  switch (name.tag) {
    case directoryName:
      return directoryPath(readName(derExplicit(name, 4, label), label))
    case rfc822Name:
      return mailbox(printableAscii(name.contents, label), label)
    case dNSName: {
      const text = printableAscii(name.contents, label)
      const isWildcard = text.startsWith('*.')
      return {
        text,
        path: [...domain(isWildcard ? text.slice(2) : text, label), ...(isWildcard ? ['*'] : [])],
      }
    }
    case uniformResourceIdentifier: {
      const text = printableAscii(name.contents, label)
      const [, host = ''] = /^[^:]*:\/\/([^/?#:]*)/.exec(text) ?? []
      // RFC 5280 has a URI refused whose host is absent or an address.
      if (IPV4.test(host)) throw malformed(label, 'the host of the URI is an address')
      return { text, path: domain(host, label) }
    }
    case iPAddress:
      return { text: addressText(name.contents), path: bits(name.contents) }
    default:
      throw malformed(label, 'names of this form are not compared')
  }
}

function readSubtree(base: DerValue): Subtree {
  const label = `a subtree of the form ${FORMS[base.tag]}`
  if (base.tag === directoryName)
    return { ...directoryPath(readName(derExplicit(base, 4, label), label)), least: 0, most: Infinity }
  if (base.tag === iPAddress) {
    const [address, mask] = [0, base.contents.length / 2].map(at =>
      base.contents.subarray(at, at + base.contents.length / 2),
    ) as [Uint8Array, Uint8Array]
    const length = bits(mask).filter(bit => bit === '1').length
    // The first part is the kind of address.
    return {
      text: `${addressText(address)}/${length}`,
      path: bits(address).slice(0, length + 1),
      least: 0,
      most: Infinity,
    }
  }
  const text = printableAscii(base.contents, label)
  const isBelow = text.startsWith('.')
  const host = isBelow ? text.slice(1) : text
  switch (base.tag) {
    case dNSName:
      return { text, path: host === '' ? [] : domain(host, label), least: isBelow ? 1 : 0, most: Infinity }
    case rfc822Name:
      if (text.includes('@')) return { ...mailbox(text, label), least: 0, most: 0 }
      // The last part is the local part.
      return { text, path: domain(host, label), least: isBelow ? 2 : 1, most: isBelow ? Infinity : 1 }
    case uniformResourceIdentifier:
      return { text, path: domain(host, label), least: isBelow ? 1 : 0, most: isBelow ? Infinity : 0 }
    default:
      throw malformed(label, 'it is not evaluated')
  }
}

/** RDNs as RFC 5280, section 7.1, compares them: without regard to case, and to how much white space there is. */
function directoryPath(name: DistinguishedName): Name {
  return {
    text: formatDistinguishedName(name),
    path: name.rdns.map(rdn =>
      JSON.stringify(
        rdn
          .map(({ type, value }) => [type, value.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()])
          .sort(),
      ),
    ),
  }
}

/** The domain, whose labels have no regard to case, and then the local part, which has. */
function mailbox(text: string, label: string): Name {
  const at = text.lastIndexOf('@')
  if (at < 1) throw malformed(label, 'it is not a mailbox')
  return { text, path: [...domain(text.slice(at + 1), label), text.slice(0, at)] }
}

function domain(text: string, label: string): string[] {
  if (!HOST.test(text))
    throw malformed(label, `${JSON.stringify(text.slice(0, MAX_TEXT))} is not a host name`)
  return text.toLowerCase().split('.').reverse()
}

/** The number of bytes, and then each bit. */
function bits(bytes: Uint8Array): string[] {
  return [String(bytes.length), ...Array.from(bytes, byte => byte.toString(2).padStart(8, '0')).join('')]
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  return (Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []).join(':')
}
