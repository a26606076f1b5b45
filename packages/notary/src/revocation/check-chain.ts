import { isSealwrightError } from '@sealwright/core'
import {
  type Certificate,
  type Crl,
  type GoodStatus,
  judgeCrl,
  judgeOcsp,
  ocspRequest,
  type RevocationStatus,
  type RevokedStatus,
  statusWhenSigned,
  type UnknownStatus,
} from '@sealwright/x509'
import type { SignatureEvidence } from '../evidence/evidence.ts'
import type { RevocationRule } from '../policy/policy.ts'
import { MAX_URLS, type Obtained, type ReadCrls, type SourceSession } from './revocation-sources.ts'

/** Statements of CAs that came with a signature. DER, not judged: their signers prove them. */
export type CarriedStatements = Pick<SignatureEvidence, 'ocsp' | 'crls'>

/** Where a statement was found. */
type StatementOrigin = 'network' | 'cache' | 'carried'

/** Whether one certificate was revoked, and what says so. */
export interface CertificateRevocation {
  readonly certificate: Certificate
  /** `notRevocable`: it names no source, so its issuer cannot revoke it as far as a verifier can know. */
  readonly status: 'good' | 'revoked' | 'unknown' | 'notRevocable'
  /** Of a good or revoked certificate. */
  readonly statement?: StatementFound | undefined
  /** Why it is unknown: what was tried, and what came of each. */
  readonly why?: string | undefined
  /** What to do about it, where that is known. */
  readonly fix?: string | undefined
}

interface StatementFound {
  readonly status: GoodStatus | RevokedStatus
  readonly origin: StatementOrigin
  /** As the certificate spells it; absent for a statement that came with the signature. */
  readonly url?: string | undefined
  /** DER; first the one that is reported, then what else the status rests on: a delta CRL, and other CRLs. */
  readonly ders: readonly Uint8Array[]
  /** The statement was current when the signature was made, and no later one is at hand: the certificate has expired. */
  readonly asOf?: Date | undefined
}

/** What a chain is judged by. */
export interface ChainRevocationOptions {
  readonly session: SourceSession
  /** The time as of which it is judged. */
  readonly at: Date
  /** The clock's, where `at` is not it: statements from between the two count, for they know more than those from before. */
  readonly now?: Date | undefined
  /** Under `notary.x509.signingAuthority` the signing time: a key that was bad only later was good then. */
  readonly authenticSigningTime?: Date | undefined
  /** When the signature existed, by an authority that is trusted: what was current then counts for certificates that have expired since. */
  readonly provenAt?: Date | undefined
  /** Asked for only where cache and network do not tell, or to keep it. */
  carried(): Promise<CarriedStatements>
  /** Default: statements of any age that are current count, and for certificates that have expired, too. */
  readonly rule?: Pick<RevocationRule, 'maxAgeMs' | 'afterExpiry'> | undefined
  /** Writes CRLs that came with the signature, and are current now, to the cache. Default: false. */
  readonly keepCarried?: boolean | undefined
}

interface CheckOptions extends ChainRevocationOptions {
  /** The CRLs that came with the signature and that this CA signed: others may be for other certificates of the chain. */
  carriedCrls(issuer: Certificate): Promise<readonly Crl[]>
}

/** What is carried is read once for each CA: reading what others attached may take long. */
function withCarriedCrls(options: ChainRevocationOptions): CheckOptions {
  const { sources, signal } = options.session
  const known = new Map<string, Promise<readonly Crl[]>>()
  const read = async (issuer: Certificate): Promise<readonly Crl[]> => {
    const crls: Crl[] = []
    for (const der of (await options.carried()).crls) {
      try {
        crls.push(await sources.carriedCrl(der, issuer, signal))
      } catch (error) {
        if (!isSealwrightError(error) || signal.aborted) throw error
      }
    }
    return crls
  }
  return {
    ...options,
    carriedCrls: issuer => {
      const reading = known.get(issuer.fingerprint) ?? read(issuer)
      known.set(issuer.fingerprint, reading)
      return reading
    },
  }
}

/**
 * Finds out for every certificate of a chain but the root whether it was revoked: by OCSP first, by CRLs where OCSP does not
 * tell. For each of them the cache is looked at, then the network is asked, then what came with the signature counts;
 * offline the later one of cache and signature.
 *
 * Where a certificate names several CRLs, all of them must say that it is good, as notation has it.
 *
 * @param chain - Leaf first, root last; each issued by the next.
 */
export function checkChainRevocation(
  chain: readonly Certificate[],
  options: ChainRevocationOptions,
): Promise<readonly CertificateRevocation[]> {
  const checked = withCarriedCrls(options)
  return Promise.all(
    chain
      .slice(0, -1)
      .map((certificate, index) => new CertificateCheck(certificate, chain[index + 1]!, checked).run()),
  )
}

/** What one kind of source says of one certificate, and the statements that prove it. */
export interface CollectedStatus extends CertificateRevocation {
  /** Absent for a certificate that names no source. */
  readonly source?: 'ocsp' | 'crl' | undefined
  readonly carries: CarriedStatements
}

/**
 * Looks for statements of both kinds, OCSP and CRLs, on every certificate of a chain but the root: verifiers differ in
 * which they take. One result for each kind that a certificate names.
 *
 * @param chain - Leaf first, root last; each issued by the next.
 */
export async function collectChainStatements(
  chain: readonly Certificate[],
  options: ChainRevocationOptions,
): Promise<readonly CollectedStatus[]> {
  const checked = withCarriedCrls(options)
  const collected = await Promise.all(
    chain.slice(0, -1).map(async (certificate, index): Promise<readonly CollectedStatus[]> => {
      const { ocspUrls, crlUrls } = certificate
      const sources = [
        ...(ocspUrls.length > 0 ? (['ocsp'] as const) : []),
        ...(crlUrls.length > 0 ? (['crl'] as const) : []),
      ]
      if (sources.length === 0)
        return [{ certificate, status: 'notRevocable', carries: { ocsp: [], crls: [] } }]
      return Promise.all(
        sources.map(source => new CertificateCheck(certificate, chain[index + 1]!, checked).collect(source)),
      )
    }),
  )
  return collected.flat()
}

/** The statement with the latest thisUpdate of those that tell something. */
class Latest<T> {
  found: { readonly status: GoodStatus | RevokedStatus; readonly value: T } | undefined

  offer(status: GoodStatus | RevokedStatus, value: T): void {
    if (this.found === undefined || this.found.status.thisUpdate < status.thisUpdate)
      this.found = { status, value }
  }
}

type Judge = (at: Date) => RevocationStatus
type Made = Pick<Crl, 'thisUpdate' | 'nextUpdate'>

class CertificateCheck {
  readonly #certificate: Certificate
  readonly #issuer: Certificate
  readonly #options: CheckOptions
  /** What was tried in vain. */
  readonly #tried: string[] = []
  #fix: string | undefined
  /** CRLs that showed a delegated OCSP responder to be good. */
  readonly #ofResponders: Uint8Array[] = []
  /** Of an OCSP responder: only CRLs count, for a responder would vouch for itself. */
  readonly #isResponder: boolean

  constructor(certificate: Certificate, issuer: Certificate, options: CheckOptions, isResponder = false) {
    this.#certificate = certificate
    this.#issuer = issuer
    this.#options = options
    this.#isResponder = isResponder
  }

  async run(): Promise<CertificateRevocation> {
    const certificate = this.#certificate
    if (certificate.ocspUrls.length === 0 && certificate.crlUrls.length === 0)
      return { certificate, status: 'notRevocable' }
    const found =
      (await this.#byOcsp()) ??
      (await this.#byCrls(certificate.crlUrls)) ??
      (await this.#byCarried(this.#options.at)) ??
      (await this.#byCarriedThen())
    if (this.#options.keepCarried === true) await this.#keepCarried()
    return this.#conclude(found)
  }

  async collect(source: 'ocsp' | 'crl'): Promise<CollectedStatus> {
    const found = source === 'ocsp' ? await this.#byOcsp() : await this.#byCrls(this.#certificate.crlUrls)
    const ders = found?.ders ?? []
    const carries = source === 'ocsp' ? { ocsp: ders, crls: this.#ofResponders } : { ocsp: [], crls: ders }
    return { ...this.#conclude(found), source, carries }
  }

  #conclude(found: StatementFound | undefined): CertificateRevocation {
    const certificate = this.#certificate
    return found === undefined
      ? { certificate, status: 'unknown', why: [...new Set(this.#tried)].join('; '), fix: this.#fix }
      : { certificate, status: found.status.status, statement: found }
  }

  async #byOcsp(): Promise<StatementFound | undefined> {
    const { session } = this.#options
    const [certificate, issuer] = [this.#certificate, this.#issuer]
    const request = ocspRequest({ certificate, issuer })
    for (const url of certificate.ocspUrls.slice(0, MAX_URLS)) {
      const cached = await session.sources.cachedOcsp(url, request)
      if (cached !== undefined) {
        const status = this.#ifFresh(await this.#judgeOcsp(cached))
        if (status.status !== 'unknown')
          return this.#orNewer({ status, origin: 'cache', url, ders: [cached] })
      }
      const answer = await session.sources.fetchOcsp(url, request, session)
      const status = await this.#judged(url, answer, response => this.#judgeOcsp(response))
      if (status === undefined) continue
      if (status.status !== 'unknown') {
        await session.sources.keepOcsp(url, request, answer.value!)
        return { status, origin: 'network', url, ders: [answer.value!] }
      }
      if (status.unknownToResponder) break
    }
    return undefined
  }

  /** Every CRL says that the certificate is good, or one says that it was revoked. */
  async #byCrls(urls: readonly string[]): Promise<StatementFound | undefined> {
    if (urls.length > MAX_URLS) {
      this.#tried.push(`it names ${urls.length} CRLs, more than ${MAX_URLS}`)
      return undefined
    }
    const good: StatementFound[] = []
    for (const url of urls) {
      const found = await this.#byCrl(url)
      if (found?.status.status === 'revoked') return found
      if (found !== undefined) good.push(found)
    }
    const [first, ...rest] = good.toSorted((one, other) => +one.status.nextUpdate - +other.status.nextUpdate)
    if (first === undefined || good.length < urls.length) return undefined
    return { ...first, ders: [...first.ders, ...rest.flatMap(({ ders }) => ders)] }
  }

  async #byCrl(url: string): Promise<StatementFound | undefined> {
    const { session } = this.#options
    const issuer = this.#issuer
    const cached = await session.sources.cachedCrl(url, issuer, session.signal)
    if (cached !== undefined) {
      const status = this.#ifFresh(this.#judgeCrls(cached))
      if (status.status !== 'unknown') {
        return this.#orNewer({ status, origin: 'cache', url, ders: dersOf(cached) })
      }
    }
    const fetched = await session.sources.fetchCrl(url, issuer, session)
    const status = await this.#judged(url, fetched, crls => this.#judgeCrls(crls))
    if (status === undefined || status.status === 'unknown') return undefined
    await session.sources.keepCrl(url, issuer, fetched.value!)
    return { status, origin: 'network', url, ders: dersOf(fetched.value!) }
  }

  async #judged<T>(
    url: string,
    { value, fault, fix }: Obtained<T>,
    judge: (value: T) => RevocationStatus | Promise<RevocationStatus>,
  ): Promise<RevocationStatus | undefined> {
    if (value === undefined) {
      this.#tried.push(`${url}: ${fault}`)
      this.#fix ??= fix
      return undefined
    }
    const status = await judge(value)
    if (status.status === 'unknown') this.#tried.push(`${url}: ${status.why}`)
    return status
  }

  /** Offline a statement of the cache counts unless a later one came with the signature. */
  async #orNewer(found: StatementFound): Promise<StatementFound> {
    if (!this.#options.session.isOffline) return found
    const carried = await this.#byCarried(this.#options.at)
    return carried !== undefined && carried.status.thisUpdate > found.status.thisUpdate ? carried : found
  }

  /** The latest statement that came with the signature and is current at a time. */
  async #byCarried(
    at: Date,
    options: { readonly asOf?: Date | undefined } = {},
  ): Promise<StatementFound | undefined> {
    const { ocsp } = await this.#options.carried()
    const latest = new Latest<Uint8Array>()
    for (const response of this.#isResponder ? [] : ocsp)
      this.#take(latest, this.#ifFresh(await this.#judgeOcsp(response, at), at), response)
    const found = latest.found && { status: latest.found.status, ders: [latest.found.value] }
    if (found !== undefined) return { ...found, origin: 'carried', ...options }
    const crls = await this.#carriedCrls(at)
    return crls && { status: crls.status, ders: dersOf(crls.value), origin: 'carried', ...options }
  }

  /** The latest CRL that came with the signature and is current at a time, with its delta. */
  async #carriedCrls(at: Date): Promise<Latest<ReadCrls>['found']> {
    const latest = new Latest<ReadCrls>()
    const read = await this.#options.carriedCrls(this.#issuer)
    const deltas = read.filter(({ baseNumber }) => baseNumber !== undefined)
    for (const base of read.filter(({ baseNumber }) => baseNumber === undefined)) {
      for (const each of [base, ...deltas.map(delta => ({ base, delta }))])
        this.#take(latest, this.#ifFresh(this.#judgeCrls(each, at), at), each)
    }
    return latest.found
  }

  #take<T>(latest: Latest<T>, status: RevocationStatus, value: T): void {
    if (status.status !== 'unknown') latest.offer(status, value)
    // Others are about other certificates.
    else if (status.thisUpdate !== undefined) this.#tried.push(`what came with the signature: ${status.why}`)
  }

  /**
   * Writes the CRL that came with the signature to the cache, unless one that is as late is there. It is written under each
   * URL of the certificate: notation looks a CRL up by the SHA-256 of its URL, and needs one for every URL.
   */
  async #keepCarried(): Promise<void> {
    const { session, at, now = at } = this.#options
    const { sources, signal } = session
    const carried = await this.#carriedCrls(now)
    if (carried === undefined) return
    for (const url of this.#certificate.crlUrls.slice(0, MAX_URLS)) {
      const cached = await sources.cachedCrl(url, this.#issuer, signal)
      const isLater = cached === undefined || baseOf(cached).thisUpdate < baseOf(carried.value).thisUpdate
      if (isLater) await sources.keepCrl(url, this.#issuer, carried.value)
    }
  }

  /**
   * A certificate that has expired may be on no list any more, and no responder may know it. What was current when the
   * signature was made, by a time that somebody trusted vouches for, still says that it was not revoked then.
   */
  async #byCarriedThen(): Promise<StatementFound | undefined> {
    const { provenAt, at } = this.#options
    if (provenAt === undefined || this.#certificate.notAfter >= at) return undefined
    return this.#byCarried(provenAt, { asOf: provenAt })
  }

  async #judgeOcsp(response: Uint8Array, at = this.#options.at): Promise<RevocationStatus> {
    const [certificate, issuer] = [this.#certificate, this.#issuer]
    const judge =
      (checkedResponder?: string): Judge =>
      time =>
        judgeOcsp(response, { certificate, issuer, at: time, checkedResponder })
    const status = this.#asOf(judge(), at)
    if (status.status !== 'unknown' || status.uncheckedResponder === undefined) return status
    const responder = status.uncheckedResponder
    const check = new CertificateCheck(responder, issuer, this.#options, true)
    const checked = (await check.#byCrls(responder.crlUrls)) ?? (await check.#byCarried(at))
    if (checked?.status.status === 'good') {
      this.#ofResponders.push(...checked.ders)
      return this.#asOf(judge(responder.fingerprint), at)
    }
    const why =
      checked === undefined
        ? 'it cannot be told whether the certificate of the OCSP responder was revoked'
        : 'the certificate of the OCSP responder was revoked'
    return { status: 'unknown', source: 'ocsp', why } satisfies UnknownStatus
  }

  #judgeCrls(crls: ReadCrls, at = this.#options.at): RevocationStatus {
    const [certificate, issuer] = [this.#certificate, this.#issuer]
    // The specification has delta CRLs named by the base CRL; what the certificate names beside it is not looked for.
    if (certificate.freshestCrlUrls.length > 0 && !('base' in crls))
      return {
        status: 'unknown',
        source: 'crl',
        why: 'the certificate names a delta CRL, and the CRL does not',
      }
    return this.#asOf(time => judgeCrl(crls, { certificate, issuer, at: time }), at, baseOf(crls))
  }

  /** A statement that was cached or came with the signature counts up to an age, as of the time for which it speaks. */
  #ifFresh(status: RevocationStatus, at = this.#options.at): RevocationStatus {
    const { maxAgeMs } = this.#options.rule ?? {}
    if (maxAgeMs === undefined || status.status !== 'good') return status
    if (at.getTime() - status.thisUpdate.getTime() <= maxAgeMs) return status
    const { source, thisUpdate } = status
    const why = `the statement of ${thisUpdate.toISOString()} is older than the policy allows`
    return { status: 'unknown', source, thisUpdate, why }
  }

  /** A CA may drop a certificate that has expired from its CRL: that it is not listed then proves nothing. */
  #ifProven(status: RevocationStatus): RevocationStatus {
    const { at, rule } = this.#options
    const { notAfter } = this.#certificate
    if (rule?.afterExpiry !== 'proven' || status.status !== 'good' || notAfter >= at) return status
    const { source, thisUpdate, nextUpdate, expiredSince } = status
    if (thisUpdate <= notAfter || (expiredSince !== undefined && expiredSince <= notAfter)) return status
    const why = 'the certificate has expired, and the statement does not say that it covers expired ones'
    return { status: 'unknown', source, thisUpdate, nextUpdate, why }
  }

  /**
   * Judges a statement as of a time. One that was made after it, and before now, says what became of the certificate later,
   * so also what had not become of it by then.
   */
  #asOf(judge: Judge, at: Date, made?: Made): RevocationStatus {
    const { now = at, authenticSigningTime } = this.#options
    const ofThen = (found: RevocationStatus): RevocationStatus =>
      this.#ifProven(statusWhenSigned(at < now ? beforeRevocation(found, at) : found, authenticSigningTime))
    const status = ofThen(judge(at))
    if (status.status !== 'unknown') return status
    const { thisUpdate, nextUpdate } = made ?? status
    if (thisUpdate === undefined || nextUpdate === undefined) return status
    if (thisUpdate <= at || thisUpdate > now) return status
    return ofThen(judge(new Date(Math.min(now.getTime(), nextUpdate.getTime()))))
  }
}

/** A certificate that was revoked only after a time was good at that time. */
function beforeRevocation(status: RevocationStatus, at: Date): RevocationStatus {
  if (status.status !== 'revoked' || status.revokedAt <= at) return status
  const { source, thisUpdate, nextUpdate, signer, expiredSince } = status
  return { status: 'good', source, thisUpdate, nextUpdate, signer, expiredSince }
}

function baseOf(crls: ReadCrls): Crl {
  return 'base' in crls ? crls.base : crls
}

function dersOf(crls: ReadCrls): readonly Uint8Array[] {
  return 'base' in crls ? [crls.base.der, crls.delta.der] : [crls.der]
}
