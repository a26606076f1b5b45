import { isIP } from 'node:net'
import { derSequence, readDer } from '@sealwright/core/encoding'
import { attributeValues, type Certificate } from '@sealwright/x509'

const SUBJECT_ALT_NAME = '2.5.29.17'
/** GeneralName: dNSName and iPAddress (RFC 5280 §4.2.1.6). */
const DNS_NAME = 0x82
const IP_ADDRESS = 0x87

/**
 * Whether a certificate is for a host, by the rules of Go 1.14, which the prototype was built with: its DNS names, `*` for
 * a whole first label; its addresses for an address; and its common name, if it has no subjectAltName at all. A host with a
 * port is in a certificate only with this port.
 *
 * @param host - The part of a reference before the first slash.
 */
export function isForHost(certificate: Certificate, host: string): boolean {
  const names = alternativeNames(certificate)
  const address = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address) !== 0) return names?.addresses.includes(canonicalAddress(address)) ?? false
  const candidates = names === undefined ? commonNames(certificate) : names.dns
  return candidates.some(name => matches(name.toLowerCase(), host.toLowerCase()))
}

/** The names of a certificate, for messages. */
export function hostNames(certificate: Certificate): readonly string[] {
  const names = alternativeNames(certificate)
  return names === undefined ? commonNames(certificate) : [...names.dns, ...names.addresses]
}

/** A certificate with several common names has none: readers differ in which of them counts. */
function commonNames({ subject }: Certificate): readonly string[] {
  const values = attributeValues(subject, 'CN')
  return values.length === 1 && values.every(isHostName) ? values : []
}

function alternativeNames({ extensions }: Certificate) {
  const extension = extensions.find(({ oid }) => oid === SUBJECT_ALT_NAME)
  if (extension === undefined) return undefined
  const names = derSequence(readDer(extension.value, 'subjectAltName'), 'subjectAltName')
  const contents = (tag: number) => names.flatMap(name => (name.tag === tag ? [name.contents] : []))
  return {
    dns: contents(DNS_NAME).map(bytes => Buffer.from(bytes).toString('latin1')),
    addresses: contents(IP_ADDRESS).flatMap(addressOf),
  }
}

function addressOf(bytes: Uint8Array): string[] {
  if (bytes.length === 4) return [bytes.join('.')]
  if (bytes.length !== 16) return []
  const groups = Buffer.from(bytes).toString('hex').match(/.{4}/g) as string[]
  return [canonicalAddress(groups.join(':'))]
}

/** One spelling for every address: that of URLs. */
function canonicalAddress(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address
}

/** Go's `validHostname`: letters, digits, `-`, and `_` and `:`, which are found in the wild; `*` alone as first label. */
function isHostName(name: string): boolean {
  return /^(?:\*(?=\.)|[A-Za-z0-9_:][A-Za-z0-9_:-]*)(?:\.[A-Za-z0-9_:][A-Za-z0-9_:-]*)*\.?$/.test(name)
}

/** Go's `matchHostnames`: label by label, as many on both sides. */
function matches(pattern: string, host: string): boolean {
  const wanted = pattern.replace(/\.$/, '').split('.')
  const found = host.replace(/\.$/, '').split('.')
  if (wanted.length !== found.length || wanted.includes('') || found.includes('')) return false
  return wanted.every((label, index) => label === found[index] || (index === 0 && label === '*'))
}
