import { isSealwrightError } from '@sealwright/core'
import { isJsonObject, type JsonValue } from '@sealwright/core/encoding'
import type { InTotoStatement } from '@sealwright/sigstore'
import { canonicalScope } from '../trust/scope.ts'

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
