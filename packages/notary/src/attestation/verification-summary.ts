import { basename } from 'node:path'
import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { encodeJson, isJsonObject, type JsonValue } from '@sealwright/core/encoding'
import { parseDigest } from '@sealwright/oci'
import type { InTotoStatement } from '@sealwright/sigstore'
import { canonicalScope } from '../trust/scope.ts'
import { formatTime, type PolicyReport, type Verdict } from '../verify/report.ts'
import type { Attestation } from './attestation.ts'
import { predicateTypes } from './predicate-type.ts'

/** What a verification summary is held against. */
export interface SummaryRequest {
  readonly digest: string
  /** The repository that the target is judged as. */
  readonly scope?: string | undefined
  /** `verifier.id`; without any, whoever a trusted signer names. */
  readonly verifiers: readonly string[]
}

/** What a sound summary says. */
export type JudgedSummary =
  | { readonly verifier: string; readonly fault?: undefined }
  | { readonly fault: string; readonly verifier?: undefined }

const MAX_URI = 4096

/**
 * Judges a SLSA verification summary (`verification_summary/v1`): of all predicates it alone is a verdict, so to be attested
 * is not enough. It counts if it passed, is about this target, and was made by a verifier that was asked for.
 */
export function judgeSummary(
  statement: Pick<InTotoStatement, 'predicate'>,
  request: SummaryRequest,
): JudgedSummary {
  const predicate = ifSound(() => statement.predicate)
  if (predicate === undefined) return { fault: 'its predicate cannot be read' }
  const { verificationResult, resourceUri, verifier } = predicate
  if (verificationResult !== 'PASSED')
    return { fault: `its verificationResult is ${shown(verificationResult)}, not "PASSED"` }
  if (typeof resourceUri !== 'string' || !namesTarget(resourceUri, request)) {
    const judgedAs = request.scope === undefined ? '' : `${request.scope}@`
    return { fault: `its resourceUri ${shown(resourceUri)} does not name ${judgedAs}${request.digest}` }
  }
  const id = isJsonObject(verifier) ? verifier.id : undefined
  if (typeof id !== 'string' || id === '') return { fault: 'it names no verifier' }
  if (request.verifiers.length > 0 && !request.verifiers.includes(id))
    return { fault: `its verifier is ${shown(id)}, not ${request.verifiers.map(shown).join(' or ')}` }
  return { verifier: id }
}

/** What a summary needs of a report. */
export interface SummarizedReport {
  readonly reference: string
  readonly resolved?: string | undefined
  readonly verdict: Verdict
  readonly at?: string | undefined
  readonly policy?: Pick<PolicyReport, 'file' | 'statement'> | undefined
  readonly signatures: readonly { readonly digest: string }[]
  readonly attestations?: { readonly judged: readonly { readonly digest: string }[] } | undefined
}

/** Who verified, by what policy, and what the target is called. */
export interface SummaryOptions {
  /** `verifier.id`, a URI. */
  readonly verifier: string
  /** Of the verifier's programs, by name: `{ sealwright: '1.2.0' }`. */
  readonly versions?: Readonly<Record<string, string>> | undefined
  /** `resourceUri`: where the target is, or what it is called: `pkg:oci/app@sha256%3A…?repository_url=registry.example/app`. */
  readonly resourceUri: string
  readonly timeVerified: Date
  /** Digest of the policy file, `sha256:<hex>`. */
  readonly policyDigest: string
}

/**
 * Makes the SLSA verification summary (`verification_summary/v1`) of a report, for {@link attestArtifact}: `PASSED` for
 * verified, `FAILED` for not verified and denied. Its input attestations are the signatures and attestations that were
 * judged. It states no SLSA level: a signature says nothing about the build.
 *
 * It speaks of the digest that the report names as resolved: attest it of no other.
 *
 * @throws {@link SealwrightError} `VALIDATION` unless a policy decided on one digest as of now: for an unknown or skipped
 *   target, one that no statement covers, one that was judged as of another time.
 *
 * @example
 * ```ts
 * import { type Report, summaryOf } from '@sealwright/notary'
 *
 * declare const report: Report
 * const attestation = summaryOf(report, {
 *   verifier: 'https://ci.example/verifier',
 *   resourceUri: 'https://registry.example/app',
 *   timeVerified: new Date(),
 *   policyDigest: 'sha256:4ac452ffd1d8a8cf008b3d966396f8cf052b0077c5bc0f83e749bdba0ee5e6bd',
 * })
 * ```
 */
export function summaryOf(report: SummarizedReport, options: SummaryOptions): Attestation {
  const fault = summaryFault(report)
  if (fault !== undefined) {
    throw new SealwrightError('VALIDATION', `${report.reference} has no verification summary`, { why: fault })
  }
  const { policy, verdict, signatures, attestations } = report
  const passed = verdict === 'verified'
  const judged = [...signatures, ...(attestations?.judged ?? [])].map(({ digest }) => digest)
  const predicate = encodeJson(
    {
      verifier: { id: options.verifier, version: options.versions ?? {} },
      timeVerified: formatTime(options.timeVerified),
      resourceUri: options.resourceUri,
      policy: {
        // Where it is on this machine is nobody's business.
        name: basename(policy!.file),
        digest: digestSet(options.policyDigest),
        annotations: { statement: policy!.statement },
      },
      inputAttestations: [...new Set(judged)].map(digest => ({ digest: digestSet(digest) })),
      verificationResult: passed ? 'PASSED' : 'FAILED',
      verifiedLevels: [passed ? 'SLSA_BUILD_LEVEL_UNEVALUATED' : 'FAILED'],
      slsaVersion: '1.0',
    },
    { label: 'verification summary' },
  )
  return { predicateType: predicateTypes.vsa, predicate }
}

/** Returns why a report has no verdict that may be signed; `undefined` if it has one. */
export function summaryFault({ verdict, policy, resolved, at }: SummarizedReport): string | undefined {
  if (verdict === 'unknown') return 'its verdict is unknown: neither PASSED nor FAILED would be true'
  if (verdict === 'skipped') return 'the policy skips it: nothing was verified'
  if (policy === undefined) return 'no policy decided'
  if (resolved === undefined) return 'it was not resolved to a digest'
  return at === undefined ? undefined : `it was judged as of ${at}`
}

function digestSet(digest: string): Readonly<Record<string, string>> {
  const { algorithm, hex } = parseDigest(digest)
  return { [algorithm]: hex }
}

/** What is wrong with the bytes of a predicate is a finding about this attestation, and no failure of the verification. */
function ifSound<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return undefined
    throw error
  }
}

/**
 * Whether a resource is the target: by its digest, or by its repository where it has none. The resource may be a reference, a
 * URL, or a package URL (`pkg:oci/app@sha256%3A…?repository_url=registry.example/app`).
 */
function namesTarget(uri: string, { digest, scope }: SummaryRequest): boolean {
  const text = decoded(uri)
  if (text === undefined) return false
  const named = /\bsha(?:256|384|512):[0-9a-f]{64,128}\b/.exec(text)?.[0]
  if (named !== undefined) return named === digest
  if (scope === undefined) return false
  const repository = text.startsWith('pkg:')
    ? /[?&]repository_url=([^&#]+)/.exec(text)?.[1]
    : text.replace(/^[a-z][a-z0-9+.-]{0,31}:\/\//, '')
  if (repository === undefined) return false
  const withoutTag = repository.replace(/:[\w][\w.-]{0,127}$/, '')
  return [repository, withoutTag].some(one => canonicalScope(one) === canonicalScope(scope))
}

function decoded(uri: string): string | undefined {
  if (uri.length > MAX_URI) return undefined
  try {
    return decodeURIComponent(uri)
  } catch {
    return undefined
  }
}

function shown(value: JsonValue | undefined): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 200))
  return value === undefined ? 'absent' : 'not a string'
}
