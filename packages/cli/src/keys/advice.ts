import { isSealwrightError, SealwrightError, type Signer } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { type Certificate, type ChainFault, formatDistinguishedName } from '@sealwright/x509'
import { ownFixOf } from '../runtime/fixes.ts'
import { formatTime } from '../runtime/time.ts'
import { schemeOf } from './reference.ts'

/** The key that was asked for: what messages call it, and its reference. */
interface Asked {
  readonly label: string
  readonly reference: string
}

/** A signer whose refusals name the command that prints what is needed. */
export function withAdvice(signer: Signer, asked: Asked): Signer {
  const { key, algorithm, certificates } = signer
  return {
    key,
    algorithm,
    sign: (message, options) =>
      signer.sign(message, options).catch(error => Promise.reject(advised(error, asked))),
    ...(certificates === undefined ? {} : { certificates: options => certificates.call(signer, options) }),
    [Symbol.asyncDispose]: () => signer[Symbol.asyncDispose](),
  }
}

/**
 * A refusal of a store with the command that prints the policy it needs, and a key that cannot sign now with what may be done
 * about it. A file has neither policy nor state: the file system refused, and says so itself. Any other error as it is.
 */
export function advised(error: unknown, { label, reference }: Asked): unknown {
  if (!isSealwrightError(error) || schemeOf(reference) === 'file') return error
  const { why, requestId } = error
  const fix = ownFixOf(error)
  const doctor = doctorFor(error, label)
  if (doctor === undefined) return error
  return new SealwrightError(error.code, error.message, {
    why,
    fix: fix === undefined ? doctor : `${fix}; ${doctor}`,
    requestId,
    cause: error,
  })
}

function doctorFor({ code, fix }: SealwrightError, label: string): string | undefined {
  if (code === 'ACCESS_DENIED') return `\`sealwright doctor ${shellQuote(label)}\` prints the policy`
  // Disabled, scheduled for deletion, not made yet, expired: a fix that the store's adapter gives knows which.
  if (code === 'KEY_STATE' && fix === undefined)
    return `enable or restore the key with the store's own tool, or sign with another; \`sealwright doctor ${shellQuote(label)}\` shows its state`
  return undefined
}

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
