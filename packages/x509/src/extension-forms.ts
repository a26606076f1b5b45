import { SealwrightError } from '@sealwright/core'
import { type DerValue, derOid, derSequence, derSmallInteger, readDer } from '@sealwright/core/encoding'
import { GENERAL_NAME, printableAscii } from './general-names.ts'
import { OID } from './oids.ts'

/**
 * Extensions whose form is checked and whose meaning nobody here evaluates, as the Notary Project specification demands.
 * The form is held to what Go reads at least: a certificate that the reference calls malformed must not pass.
 */
export const extensionForms: Readonly<Record<string, (value: Uint8Array, label: string) => void>> = {
  [OID.subjectAltName]: (value, label) => {
    for (const name of derSequence(readDer(value, label), label)) checkAlternativeName(name, label)
  },
  [OID.nameConstraints]: (value, label) => {
    const parts = derSequence(readDer(value, label), label)
    const tags = parts.map(({ tag }) => tag).join()
    const trees = parts.flatMap(part => part.children())
    if (!['160', '161', '160,161'].includes(tags) || trees.length === 0) throw malformed(label)
    for (const tree of trees) checkConstraint(derSequence(tree, label)[0], label)
  },
  [OID.certificatePolicies]: (value, label) => {
    const policies = derSequence(readDer(value, label), label).map(policy =>
      derOid(derSequence(policy, label)[0], label),
    )
    if (new Set(policies).size < policies.length) throw malformed(label)
  },
  [OID.policyMappings]: (value, label) => {
    for (const mapping of derSequence(readDer(value, label), label)) {
      const [issuer, subject] = derSequence(mapping, label)
      derOid(issuer, label)
      derOid(subject, label)
    }
  },
  [OID.policyConstraints]: (value, label) => {
    for (const part of derSequence(readDer(value, label), label)) {
      const isNumber = part.contents.length === 1 && part.contents[0]! < 0x80
      if ((part.tag !== 0x80 && part.tag !== 0x81) || !isNumber) throw malformed(label)
    }
  },
  [OID.inhibitAnyPolicy]: (value, label) => {
    if (derSmallInteger(readDer(value, label), label) < 0) throw malformed(label)
  },
}

const DOMAIN = String.raw`[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*`
const MAILBOX = new RegExp(`^[A-Za-z0-9!#$%&'*+/=?^_\`{|}~.-]+@${DOMAIN}$`)
const CONSTRAINT = new RegExp(String.raw`^(?:\.?${DOMAIN})?$`)
/** RFC 3986, with a domain for its host, if it has one. */
const URI = new RegExp(
  `^[A-Za-z][A-Za-z0-9+.-]*:(?:(?!//)|//(?:${DOMAIN})?(?::[0-9]{1,5})?(?![^/?#]))(?:[A-Za-z0-9._~!$&'()*+,;=:@/?#-]|%[0-9A-Fa-f]{2})*$`,
)

function checkAlternativeName(name: DerValue, label: string): void {
  const { tag, contents } = generalName(name, label)
  if (tag === GENERAL_NAME.uniformResourceIdentifier && !URI.test(printableAscii(contents, label))) {
    throw new SealwrightError('VALIDATION', `${label}: a URI is malformed`)
  }
  if (tag === GENERAL_NAME.iPAddress && contents.length !== 4 && contents.length !== 16) {
    throw new SealwrightError('VALIDATION', `${label}: an IP address of ${contents.length} bytes`)
  }
}

function checkConstraint(name: DerValue | undefined, label: string): void {
  const { tag, contents } = generalName(name, label)
  if (tag === GENERAL_NAME.iPAddress) {
    const mask = Buffer.from(contents.subarray(contents.length / 2)).toString('hex')
    const isMask = /^(ff)*(00|80|c0|e0|f0|f8|fc|fe)?(00)*$/.test(mask)
    if ((contents.length !== 8 && contents.length !== 32) || !isMask) throw malformed(label)
  } else if (isText(tag)) {
    const text = printableAscii(contents, label)
    const isMailbox = tag === GENERAL_NAME.rfc822Name && MAILBOX.test(text)
    if (!isMailbox && !CONSTRAINT.test(text)) throw malformed(label)
  }
}

function generalName(name: DerValue | undefined, label: string): DerValue {
  if (name === undefined || (name.tag & 0xc0) !== 0x80 || (name.tag & 0x1f) > 8) throw malformed(label)
  if (isText(name.tag)) printableAscii(name.contents, label)
  return name
}

function isText(tag: number): boolean {
  const { rfc822Name, dNSName, uniformResourceIdentifier } = GENERAL_NAME
  return tag === rfc822Name || tag === dNSName || tag === uniformResourceIdentifier
}

function malformed(label: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${label}: malformed`)
}
