import { shellQuote } from '@sealwright/core/encoding'
import { probeRevocation, requestTimestamp } from '@sealwright/notary'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import type { RegistryFlags } from '../../flags/common-flags.ts'
import { formatTime } from '../../runtime/time.ts'
import type { Session } from '../../session/session.ts'
import { connectionOf } from '../../targets/connection.ts'
import { revocationOptions } from '../../trust/network.ts'
import { timestampRoots } from '../../trust/store.ts'
import { type Check, failed, fault, ok, warning } from './check.ts'

/** Clocks that differ by more are worth a look: verifiers allow five minutes. */
const MAX_CLOCK_MS = 60_000
/** Times of HTTP and RFC 3161 are in seconds. */
const SECOND_MS = 1000

/** Asks every source of revocation that a chain names, and says how fast it answers, what, and by which clock. */
export async function checkRevocationSources(
  session: Session,
  chain: readonly Certificate[],
  flags: Pick<RegistryFlags, 'caFile'>,
): Promise<readonly Check[]> {
  try {
    const options = await revocationOptions(session, flags)
    const signal = await session.deadline()
    const probed = await session.dialogue.waiting('the sources of revocation', () =>
      probeRevocation(chain, options, { clock: session.io.now, signal }),
    )
    if (probed.length === 0)
      return [
        ok('revocation', 'its certificates name neither OCSP responders nor CRLs: they are not revocable'),
      ]
    return probed.map(({ certificate, source, url, milliseconds, clockAheadMs, status, fix }) => {
      const name = formatDistinguishedName(certificate.subject)
      const answered = `${source === 'ocsp' ? 'OCSP' : 'CRL'} ${url}: ${Math.round(milliseconds)} ms`
      if (status.status === 'unknown')
        return fault('revocation', `${answered}, and nothing about ${name}: ${status.why}`, fix)
      if (status.status === 'revoked') return fault('revocation', `${answered}: ${name} is revoked`)
      return clockCheck('revocation', `${answered}: ${name} is good`, clockAheadMs)
    })
  } catch (error) {
    return [failed(session, 'revocation', error)]
  }
}

/** Asks a timestamp authority for a token, and verifies it with the roots of the `tsa:` stores that can be used. */
export async function checkTimestampAuthority(
  session: Session,
  url: string,
  { trust, ...flags }: Pick<RegistryFlags, 'caFile'> & { readonly trust: string },
): Promise<Check> {
  try {
    const { roots } = await timestampRoots(trust)
    if (roots.length === 0) {
      return fault(
        'timestamp',
        `${url} was not asked: no root of a timestamp authority is trusted`,
        'get its root over another channel: sealwright cert add tsa:NAME FILE',
      )
    }
    const fetch = await connectionOf(session, flags)
    const signal = await session.deadline()
    const started = performance.now()
    const { genTime, chain } = await session.dialogue.waiting(url, () =>
      requestTimestamp(crypto.getRandomValues(new Uint8Array(64)), {
        fetch,
        urls: [url],
        roots,
        algorithm: 'ES256',
        clock: session.io.now,
        signal,
      }),
    )
    const milliseconds = Math.round(performance.now() - started)
    const [authority] = chain as readonly [Certificate]
    const detail = `${url}: ${milliseconds} ms; ${formatDistinguishedName(authority.subject)}, to ${formatTime(authority.notAfter)}`
    return clockCheck('timestamp', detail, genTime.getTime() - session.io.now().getTime())
  } catch (error) {
    const { detail, fix, ...check } = failed(session, 'timestamp', error)
    return { ...check, detail: detail.includes(url) ? detail : `${url}: ${detail}`, fix }
  }
}

function clockCheck(check: string, detail: string, aheadMs: number | undefined): Check {
  if (aheadMs === undefined) return ok(check, detail)
  const seconds = Math.round(Math.abs(aheadMs) / SECOND_MS)
  if (Math.abs(aheadMs) <= 2 * SECOND_MS) return ok(check, `${detail}; its clock agrees with ours`)
  const differs = `${detail}; its clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} ours`
  return Math.abs(aheadMs) <= MAX_CLOCK_MS
    ? ok(check, differs)
    : warning(check, differs, `compare the clock of this machine (${shellQuote('date -u')}) with another one`)
}
