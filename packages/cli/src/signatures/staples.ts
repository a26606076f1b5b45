import { type CallOptions, SealwrightError } from '@sealwright/core'
import { type CollectedEvidence, mergeEvidence, type SignatureEvidence, stapleable } from '@sealwright/notary'
import type { Certificate } from '@sealwright/x509'
import type { RegistryFlags } from '../flags/common-flags.ts'
import type { Session } from '../session/session.ts'
import type { StapledDocument } from './document.ts'
import { missingEvidence, stapleOptions } from './evidence.ts'

/** Evidence for the signatures of a run. */
export interface Staples {
  /**
   * Collects evidence for the chain of the signer.
   *
   * @throws {@link SealwrightError} `VALIDATION` where one of its certificates was revoked.
   */
  prepare(chain: readonly Certificate[]): Promise<void>
  /** Returns what fits into an envelope of the evidence for these chains. What cannot be had is warned of, once in a run. */
  take(chains: readonly (readonly Certificate[])[], call: CallOptions): Promise<TakenEvidence>
}

interface TakenEvidence {
  readonly stapled: Pick<SignatureEvidence, 'ocsp' | 'crls'>
  readonly document: StapledDocument
}

/** Opens the evidence of a run. Nobody is asked yet. */
export async function openStaples(session: Session, flags: Pick<RegistryFlags, 'caFile'>): Promise<Staples> {
  const { collector, offline } = await stapleOptions(session, flags)
  const warned = new Set<string>()
  const warn = (text: string): void => {
    if (!warned.has(text)) session.warn(text)
    warned.add(text)
  }
  const prepared = new Map<readonly Certificate[], Promise<CollectedEvidence>>()
  const collect = async (chain: readonly Certificate[]): Promise<CollectedEvidence> => {
    session.step('collect evidence on the certificates of the signer')
    const signal = await session.deadline()
    return session.dialogue.waiting('evidence on the certificates', () =>
      collector.collect(chain, { signal, offline }),
    )
  }
  const ofSigner = (chain: readonly Certificate[]): Promise<CollectedEvidence> => {
    const known = prepared.get(chain)
    if (known !== undefined) return known
    const collecting = collect(chain)
    prepared.set(chain, collecting)
    collecting.catch(() => prepared.delete(chain))
    return collecting
  }
  return {
    prepare: async chain => {
      const { statuses } = await ofSigner(chain)
      const revoked = statuses.find(({ status }) => status === 'revoked')
      if (revoked === undefined) return
      throw new SealwrightError('VALIDATION', `the certificate ${revoked.subject} was revoked`, {
        why: `at ${revoked.revokedAt} (${revoked.reason}), says ${revoked.url ?? 'its CA'}; nothing was signed`,
        fix: 'sign with a certificate that was not revoked',
      })
    },
    take: async (chains, { signal, timeoutMs = Number.POSITIVE_INFINITY }) => {
      const endsAt = performance.now() + timeoutMs
      const call = { signal, offline, remainingMs: () => endsAt - performance.now() }
      const collected = await Promise.all(
        chains.map(chain => prepared.get(chain) ?? collector.collect(chain, call)),
      )
      const statuses = collected.flatMap(each => each.statuses)
      for (const { subject, why } of missingEvidence(statuses)) warn(`no evidence on ${subject}: ${why}`)
      const whole = mergeEvidence(...collected.map(({ evidence }) => evidence))
      const stapled = stapleable(whole)
      const [ocsp, crls] = [stapled.ocsp.length, stapled.crls.length]
      const left = whole.ocsp.length - ocsp + (whole.crls.length - crls)
      if (left > 0)
        warn(`${left} CRLs are too large for a signature; attach them to it: sealwright staple TARGET`)
      if (statuses.every(({ status }) => status === 'notRevocable'))
        warn('nothing was stapled: no certificate names a source of revocation')
      return { stapled, document: { ocsp, crls, left, certificates: statuses } }
    },
  }
}
