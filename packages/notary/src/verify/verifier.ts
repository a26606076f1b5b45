import { SealwrightError } from '@sealwright/core'
import type { RevocationOptions } from '../revocation/revocation-sources.ts'
import type { Trust } from '../trust/trust.ts'
import { VerifierContext } from './context.ts'
import { formatTime, type Reason, type Report } from './report.ts'
import type {
  ArtifactOptions,
  ArtifactRequest,
  FileRequest,
  JudgedOptions,
  VerifyOptions,
} from './request.ts'
import { verifyArtifact } from './verify-artifact.ts'
import { verifyFile } from './verify-file.ts'

/** Judges signatures under one trust. May be called concurrently; keeps what it read of chains between calls. */
export interface Verifier {
  /**
   * Judges an artifact by its signatures.
   *
   * A bad signature is a verdict. It throws only when it cannot find out: {@link SealwrightError} of the store (`NOT_FOUND`
   * for a target that does not exist), `VALIDATION` for a policy or a call that cannot be used, `ABORTED`, `TIMEOUT`.
   */
  verify(request: ArtifactRequest, options?: ArtifactOptions): Promise<Report>
  /**
   * Says why a target is denied, whoever signed it: because of its registry, or because the policy has expired or covers no
   * such target. Nothing is contacted. {@link Verifier.verify} begins with it; ask before a store is opened that may connect.
   */
  denial(target: Pick<ArtifactRequest, 'scope' | 'places'>): Reason | undefined
  /** Judges a file by its detached signature. Throws as {@link Verifier.verify} does. */
  verifyFile(request: FileRequest, options?: VerifyOptions): Promise<Report>
}

export interface VerifierOptions {
  readonly trust: Trust
  /** Default: the system's clock. */
  readonly clock?: (() => Date) | undefined
  /** How it is found out whether certificates were revoked. Default: no source is contacted, and nothing is cached. */
  readonly revocation?: RevocationOptions | undefined
}

/**
 * Creates a verifier. Trust is data that was read before; it is not read from disk again.
 *
 * @example
 * ```ts
 * import { createVerifier, trustDirectory } from '@sealwright/notary'
 * import { layoutDirectory } from '@sealwright/oci'
 *
 * const verifier = await createVerifier({ trust: await trustDirectory('/etc/notation') })
 * const report = await verifier.verify({
 *   artifacts: layoutDirectory('image'),
 *   reference: 'v1',
 *   scope: 'registry.example/app',
 * })
 * report.verdict // 'verified'
 * ```
 */
export async function createVerifier({
  trust,
  clock = () => new Date(),
  revocation = {},
}: VerifierOptions): Promise<Verifier> {
  const context = new VerifierContext(trust, clock, revocation)
  const judge = async <Options extends VerifyOptions>(
    options: Options,
    run: (options: JudgedOptions<Options>) => Promise<Omit<Report, 'at'>>,
  ): Promise<Report> => {
    const { signal: _, ...rest } = options
    const report = await withDeadline('verification', options, (signal, remainingMs) => {
      const session = context.revocation.open({ signal, remainingMs, offline: options.offline })
      return run({ ...rest, signal, session } as JudgedOptions<Options>)
    })
    return options.at === undefined ? report : { ...report, at: formatTime(options.at) }
  }
  return {
    denial: ({ scope, places = [] }) => context.ownDecision({ kind: 'artifact', scope, places })?.denied,
    verify: (request, options = {}) => judge(options, judged => verifyArtifact(request, judged, context)),
    verifyFile: (request, options = {}) => judge(options, judged => verifyFile(request, judged, context)),
  }
}

interface DeadlineOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number | undefined
}

/**
 * Runs a call under the caller's signal and a deadline in one. The wait ends even if a store ignores the signal.
 *
 * @throws {@link SealwrightError} `ABORTED` if the caller gave up, `TIMEOUT` if the time was up, here or by the signal.
 */
async function withDeadline<T>(
  what: string,
  { signal, timeoutMs }: DeadlineOptions,
  run: (signal: AbortSignal | undefined, remainingMs: (() => number) | undefined) => Promise<T>,
): Promise<T> {
  const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
  const endsAt = timeoutMs === undefined ? undefined : performance.now() + timeoutMs
  const remainingMs = endsAt === undefined ? undefined : () => endsAt - performance.now()
  const signals = [signal, deadline].filter(one => one !== undefined)
  const joined = signals.length === 0 ? undefined : AbortSignal.any(signals)
  try {
    joined?.throwIfAborted()
    return await (joined === undefined
      ? run(joined, remainingMs)
      : Promise.race([run(joined, remainingMs), abortion(joined)]))
  } catch (error) {
    if (signal?.aborted === true && isTimeout(signal.reason))
      throw new SealwrightError('TIMEOUT', `${what} took longer than its caller waits`)
    if (signal?.aborted === true) throw new SealwrightError('ABORTED', `${what} was aborted`)
    if (deadline?.aborted === true)
      throw new SealwrightError('TIMEOUT', `${what} took longer than ${timeoutMs} ms`)
    throw error
  }
}

/** What `AbortSignal.timeout` aborts with. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError'
}

function abortion(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
