import { SealwrightError } from '@sealwright/core'
import { type Certificate, isIssuedBy, isSignedBy } from './certificate.ts'
import { caFaults, leafFaults, type ProfileFault, signatureAlgorithmFaults } from './certificate-profile.ts'
import type { ChainFault, ChainPurpose } from './chain-rules.ts'
import { formatDistinguishedName } from './distinguished-name.ts'
import { isSelfIssued, nameFault } from './name-constraints.ts'
import type { TimeRange } from './timestamp-info.ts'

export interface ChainOptions {
  readonly purpose: ChainPurpose
  /** The time at which every certificate must be valid; without it no time is looked at. */
  readonly at?: Date
}

const MAX_LENGTH = 20

/**
 * Checks a chain, leaf first and root last, against the certificate profile of the Notary Project ({@link chainRules}). It
 * does not check whether the root is trusted.
 *
 * Extensions other than basicConstraints, keyUsage, extendedKeyUsage and nameConstraints are not evaluated, critical or
 * not, as the specification demands; it would have nameConstraints ignored too, which would let a CA sign for names that
 * the CA above it does not vouch for. Validity periods need not nest. A chain of one is a self-signed leaf.
 *
 * @returns Every rule that is broken, from the leaf to the root; empty for a good chain.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { checkChain, parseCertificates } from '@sealwright/x509'
 *
 * const chain = parseCertificates(await readFile('release.crt'), 'release.crt')
 * for (const { rule, message } of checkChain(chain, { purpose: 'codeSigning' })) console.error(rule, message)
 * ```
 */
export function checkChain(chain: readonly Certificate[], options: ChainOptions): readonly ChainFault[] {
  if (chain.length < 1 || chain.length > MAX_LENGTH) {
    const message = `the chain has ${chain.length} certificates`
    const stricter = chain.length > 0 ? ({ stricter: 'limit' } as const) : {}
    return [{ rule: 'chain-length', certificate: 0, message, ...stricter }]
  }
  return chain.flatMap((certificate, index) =>
    [...faultsAt(chain, certificate, index, options)].map(fault => ({ ...fault, certificate: index })),
  )
}

function* faultsAt(
  chain: readonly Certificate[],
  certificate: Certificate,
  index: number,
  { purpose, at }: ChainOptions,
): Generator<ProfileFault> {
  yield* signatureAlgorithmFaults(certificate)
  const issuer = chain[index + 1]
  if (issuer === undefined) yield* rootFaults(certificate)
  else yield* linkFaults(certificate, issuer)
  if (at !== undefined && !validAt(certificate, at)) yield invalidAt(certificate, at)
  if (index === 0) yield* leafFaults(certificate, purpose)
  else yield* caFaults(certificate, purpose, index - 1)
  if (index > 0 && isSelfIssued(certificate)) return
  for (const ca of chain.slice(index + 1)) {
    const message = nameFault(certificate, ca)
    if (message !== undefined) yield { rule: 'name-constraints', message, stricter: 'rfc5280' }
  }
}

function* rootFaults(root: Certificate): Generator<ProfileFault> {
  if (root.selfSigned) return
  const issuer = formatDistinguishedName(root.issuer)
  const isNamed = Buffer.compare(root.rawIssuer, root.rawSubject) === 0
  const message = isNamed
    ? 'its signature does not hold under its own key'
    : `it is issued by ${issuer}, which is not in the chain`
  yield { rule: 'root-self-signed', message }
}

function* linkFaults(certificate: Certificate, issuer: Certificate): Generator<ProfileFault> {
  if (certificate.selfSigned) {
    yield { rule: 'self-signed-last', message: 'it is self-signed, and certificates follow it' }
    return
  }
  if (Buffer.compare(certificate.rawIssuer, issuer.rawSubject) !== 0) {
    const named = formatDistinguishedName(certificate.issuer)
    yield {
      rule: 'issuer-name',
      message: `it names ${named} as issuer, and ${formatDistinguishedName(issuer.subject)} follows`,
    }
  } else if (!isSignedBy(certificate, issuer)) {
    yield {
      rule: 'issuer-signature',
      message: `its signature does not hold under the key of ${formatDistinguishedName(issuer.subject)}`,
    }
  }
}

/**
 * Holds every certificate of a chain to its validity period for the whole of a range of time, such as the one that a
 * timestamp proves. The other rules are for {@link checkChain}.
 *
 * @returns One fault of the rule `validity` for each certificate that was not valid throughout.
 */
export function checkValidity(chain: readonly Certificate[], time: TimeRange): readonly ChainFault[] {
  return chain.flatMap((certificate, index) => {
    const outside = [time.earliest, time.latest].find(at => !validAt(certificate, at))
    return outside ? [{ ...invalidAt(certificate, outside), certificate: index }] : []
  })
}

function validAt({ notBefore, notAfter }: Certificate, at: Date): boolean {
  return at >= notBefore && at <= notAfter
}

function invalidAt({ notBefore, notAfter }: Certificate, at: Date): ProfileFault {
  return {
    rule: 'validity',
    message: `it is valid from ${seconds(notBefore)} to ${seconds(notAfter)}, and not at ${seconds(at)}`,
  }
}

function seconds(time: Date): string {
  return Number.isNaN(time.getTime()) ? 'an invalid time' : time.toISOString().replace('.000Z', 'Z')
}

/**
 * As {@link checkChain}, for callers that go no further with a bad chain.
 *
 * @throws {@link SealwrightError} `VALIDATION`: the message names the first fault, `why` all of them.
 */
export function assertChain(chain: readonly Certificate[], options: ChainOptions): void {
  const faults = checkChain(chain, options)
  const [first] = faults
  if (first === undefined) return
  throw new SealwrightError(
    'VALIDATION',
    `the certificate chain breaks the Notary Project rules for ${options.purpose === 'codeSigning' ? 'signing' : 'timestamping'}: ${first.message}`,
    {
      why: faults
        .map(fault => `${position(chain, fault.certificate)}: ${fault.message} [${fault.rule}]`)
        .join('; '),
      fix: 'have the certificate issued again with what it lacks, or give the whole chain, leaf first and root last',
    },
  )
}

function position(chain: readonly Certificate[], index: number): string {
  const certificate = chain[index]
  if (certificate === undefined) return 'the chain'
  const role = index === 0 ? 'leaf' : index === chain.length - 1 ? 'root' : `intermediate ${index}`
  return `${role} ${formatDistinguishedName(certificate.subject)}`
}

/**
 * Puts certificates, as a file may hold them in any order, into the order of a chain: leaf first. Copies of a certificate
 * count once. The root may be missing; {@link checkChain} says so.
 *
 * @throws {@link SealwrightError} `VALIDATION` when they are not one chain: nothing given, two leaves, two issuers of one
 * certificate, or a circle.
 */
export function orderChain(certificates: readonly Certificate[]): Certificate[] {
  const all = certificates.filter(
    (one, index) => certificates.findIndex(other => other.fingerprint === one.fingerprint) === index,
  )
  if (all.length < 1 || all.length > MAX_LENGTH) {
    throw notOneChain(`${all.length} certificates were given; a chain has 1 to ${MAX_LENGTH}`)
  }
  const issuers = new Map(
    all.map(one => [one, one.selfSigned ? [] : all.filter(other => isIssuerOf(other, one))]),
  )
  const leaves = all.filter(one => ![...issuers.values()].some(found => found.includes(one)))
  if (leaves.length !== 1) {
    const names = leaves.map(leaf => formatDistinguishedName(leaf.subject)).join('; ')
    throw notOneChain(
      leaves.length === 0 ? 'they issue one another in a circle' : `none of these issued another: ${names}`,
    )
  }
  const chain: Certificate[] = []
  for (let next: Certificate | undefined = leaves[0]; next !== undefined && !chain.includes(next); ) {
    chain.push(next)
    const [issuer, second]: Certificate[] = issuers.get(next)!
    if (second !== undefined)
      throw notOneChain(`${formatDistinguishedName(next.subject)} has two issuers among them`)
    next = issuer
  }
  if (chain.length < all.length) throw notOneChain('some of them issue one another in a circle')
  return chain
}

function isIssuerOf(candidate: Certificate, certificate: Certificate): boolean {
  return candidate !== certificate && isIssuedBy(certificate, candidate)
}

function notOneChain(why: string): SealwrightError {
  return new SealwrightError('VALIDATION', 'the certificates are not one chain', {
    why,
    fix: 'give the leaf and the certificates above it, and no others',
  })
}
