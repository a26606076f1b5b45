import type { SealwrightError } from '@sealwright/core'
import {
  createEvidenceCollector,
  listTrustStores,
  type StapleOptions,
  type StapleReport,
} from '@sealwright/notary'
import type { RegistryFlags } from '../flags/common-flags.ts'
import { EXIT, type ExitCode } from '../runtime/exit.ts'
import { exitCodeOfError, failureOf } from '../runtime/failure.ts'
import { printable, type Style } from '../runtime/text.ts'
import type { Session } from '../session/session.ts'
import { revocationOptions } from '../trust/network.ts'
import { revocationLines } from '../trust/revocation-lines.ts'
import { certificatesOf } from '../trust/store.ts'
import type { StapledSignature } from './document.ts'

type Statement = StapledSignature['certificates'][number]

/**
 * Returns how evidence for the signatures of a run is collected: from the hosts that certificates name, and under `--offline`
 * from the caches alone. Chains are completed by the trust stores.
 */
export async function stapleOptions(
  session: Session,
  flags: Pick<RegistryFlags, 'caFile'>,
): Promise<Pick<StapleOptions, 'collector' | 'roots' | 'attestations' | 'offline'>> {
  const clock = session.io.now
  const { stores } = await listTrustStores((await session.settings()).paths.trust)
  return {
    collector: createEvidenceCollector({ ...(await revocationOptions(session, flags)), clock }),
    // They complete chains; nobody is trusted for it.
    roots: stores.flatMap(certificatesOf).filter(({ selfSigned }) => selfSigned),
    attestations: true,
    offline: session.flags.offline,
  }
}

/** A certificate on which no statement says that it is good. */
export interface MissingEvidence {
  readonly subject: string
  readonly isRevoked: boolean
  readonly why: string
  readonly fix: string | undefined
}

/** Returns the certificates without evidence: one kind of statement is enough for each. */
export function missingEvidence(statements: readonly Statement[]): readonly MissingEvidence[] {
  const fingerprints = [...new Set(statements.map(({ fingerprint }) => fingerprint))]
  return fingerprints.flatMap((fingerprint): readonly MissingEvidence[] => {
    const found = statements.filter(each => each.fingerprint === fingerprint)
    const { subject } = found[0]!
    const revoked = found.find(({ status }) => status === 'revoked')
    if (revoked !== undefined) {
      const why = `it was revoked at ${revoked.revokedAt} (${revoked.reason})`
      return [{ subject, isRevoked: true, why, fix: undefined }]
    }
    if (found.some(({ status }) => status !== 'unknown')) return []
    const why = found.flatMap(each => each.why ?? []).join('; ') || 'no source was asked'
    return [{ subject, isRevoked: false, why, fix: found.find(({ fix }) => fix !== undefined)?.fix }]
  })
}

/** Describes what became of the evidence for a signature, for a document. */
export function describeStapled({
  kind,
  digest,
  status,
  evidence,
  statuses,
  faults,
  error,
}: StapleReport): StapledSignature {
  return {
    kind,
    digest,
    outcome: status,
    evidence: evidence?.digest ?? null,
    certificates: statuses,
    faults,
    error: error === undefined ? null : failureOf(error),
  }
}

/** What is wrong with a signature itself, and not with where it is stored. */
const FAULTS_OF_SIGNATURE: readonly SealwrightError['code'][] = ['VALIDATION', 'NOT_FOUND', 'INTEGRITY']

/**
 * Returns the exit code for a signature: that it cannot be read or its signer was revoked is a finding. An attestation that
 * cannot be read may be of a kind that others verify.
 */
export function exitCodeOfStapled(
  { kind, error, statuses, faults }: StapleReport,
  signal: AbortSignal,
): ExitCode {
  if (error !== undefined && FAULTS_OF_SIGNATURE.includes(error.code))
    return kind === 'signature' ? EXIT.notVerified : EXIT.done
  if (error !== undefined) return exitCodeOfError(error, signal)
  const missing = missingEvidence(statuses)
  if (missing.some(({ isRevoked }) => isRevoked)) return EXIT.notVerified
  return missing.length + faults.length > 0 ? EXIT.unavailable : EXIT.done
}

const OUTCOMES: Readonly<Record<StapledSignature['outcome'], string>> = {
  attached: 'attached',
  unchanged: 'attached before',
  nothing: 'no evidence',
  failed: 'failed',
}

/** A signature and its evidence as text: what was found out about each certificate, by whom, and until when it counts. */
export function stapledLines({ kind, digest, outcome, evidence, certificates }: StapledSignature): string[] {
  const lines = revocationLines({ revocation: certificates }, true, false)
  return [
    `  ${kind.padEnd('attestation'.length)}  ${digest}  ${OUTCOMES[outcome]}${evidence === null ? '' : `  ${evidence}`}`,
    ...lines.map((line, index) => {
      const { nextUpdate } = certificates[index]!
      return printable(`    ${line}${nextUpdate === undefined ? '' : `  until ${nextUpdate}`}`)
    }),
  ]
}

/** What could not be had for a signature, for stderr. */
export function missingLines(
  { kind, digest, certificates, faults, error }: StapledSignature,
  style: Style,
): string[] {
  const found: readonly Omit<MissingEvidence, 'subject' | 'isRevoked'>[] = [
    ...missingEvidence(certificates).map(({ subject, why, fix }) => ({
      why: `no evidence on ${subject}: ${why}`,
      fix,
    })),
    ...faults.map(why => ({ why, fix: undefined })),
    ...(error === null
      ? []
      : [{ why: error.why === null ? error.message : `${error.message}: ${error.why}`, fix: error.fix }]),
  ]
  return found.flatMap(({ why, fix }) => [
    `${style('yellow', 'warning:')} ${printable(`${kind} ${digest}: ${why}`)}`,
    ...(fix === undefined ? [] : [`  fix: ${printable(fix)}`]),
  ])
}
