import { shellQuote } from '@sealwright/core/encoding'
import { type Certificate, type ChainFault, formatDistinguishedName } from '@sealwright/x509'
import { formatTime } from '../frame/time.ts'

const EXAMPLE = 'C=DE,ST=Hessen,O=Acme,CN=release'

/** The command that makes a request for a key; the subject is an example where none is known. */
export function requestCommand(key: string, subject: string = EXAMPLE): string {
  return `sealwright cert request ${shellQuote(key)} --subject ${shellQuote(subject)} --out ${shellQuote(fileFor(key, 'csr'))}`
}

/** The command that makes a self-signed certificate for a key. */
export function issueCommand(key: string, subject: string = EXAMPLE, expiry?: string): string {
  const validity = expiry === undefined ? '' : ` --expiry ${expiry}`
  return `sealwright cert issue ${shellQuote(key)} --subject ${shellQuote(subject)}${validity} --out ${shellQuote(fileFor(key, 'crt'))}`
}

/** A file of the key's name; a reference has characters that a file name should not have. */
function fileFor(key: string, extension: string): string {
  return `${/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(key) ? key : 'release'}.${extension}`
}

/** What to do about a chain that breaks rules: one advice per cause, the first certificate's first. */
export function fixOf(
  faults: readonly ChainFault[],
  chain: readonly Certificate[],
  { label, now }: { readonly label: string; readonly now: Date },
): string {
  return [...new Set(faults.map(fault => adviceFor(fault, chain, label, now)))].join('; ')
}

function adviceFor(
  { rule, certificate: index }: ChainFault,
  chain: readonly Certificate[],
  label: string,
  now: Date,
): string {
  const certificate = chain[index ?? 0]
  const [leaf] = chain
  const subject = leaf === undefined ? undefined : formatDistinguishedName(leaf.subject)
  const reissue =
    chain.length === 1 && leaf?.selfSigned
      ? `make the certificate again: ${issueCommand(label, subject)}`
      : `ask your CA for another certificate: ${requestCommand(label, subject)}`
  if (certificate === undefined) return reissue
  if (rule === 'validity') {
    if (now < certificate.notBefore)
      return `wait until ${formatTime(certificate.notBefore)}, or check the clock of this machine`
    return index === 0 ? reissue : `get the renewed certificate of ${nameOf(certificate)} from your CA`
  }
  if (rule === 'root-self-signed' && Buffer.compare(certificate.rawIssuer, certificate.rawSubject) !== 0) {
    return `add the certificate of ${formatDistinguishedName(certificate.issuer)} to --cert-chain`
  }
  if (rule === 'chain-length' || rule === 'self-signed-last' || rule.startsWith('issuer-'))
    return 'give the leaf and the certificates above it, and no others, with --cert-chain'
  return index === 0 ? reissue : `ask your CA for a chain in which ${nameOf(certificate)} meets this rule`
}

function nameOf({ subject }: Certificate): string {
  return formatDistinguishedName(subject)
}
