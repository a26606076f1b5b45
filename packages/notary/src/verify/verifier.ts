import type { Trust } from '../trust/trust.ts'
import { VerifierContext } from './context.ts'
import { withDeadline } from './deadline.ts'
import { formatTime, type Report } from './report.ts'
import type { ArtifactOptions, ArtifactRequest, FileRequest, VerifyOptions } from './request.ts'
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
  /** Judges a file by its detached signature. Throws as {@link Verifier.verify} does. */
  verifyFile(request: FileRequest, options?: VerifyOptions): Promise<Report>
}

export interface VerifierOptions {
  readonly trust: Trust
  /** Default: the system's clock. */
  readonly clock?: () => Date
}

/** A verifier. Trust is data, read before: nothing of it is read again from disk. */
export async function createVerifier({
  trust,
  clock = () => new Date(),
}: VerifierOptions): Promise<Verifier> {
  const context = new VerifierContext(trust, clock)
  const judge = async <Options extends VerifyOptions>(
    options: Options,
    run: (options: Options) => Promise<Omit<Report, 'at'>>,
  ): Promise<Report> => {
    const { signal: _, ...rest } = options
    const report = await withDeadline('verification', options, signal =>
      run((signal === undefined ? rest : { ...rest, signal }) as Options),
    )
    return options.at === undefined ? report : { ...report, at: formatTime(options.at) }
  }
  return {
    verify: (request, options = {}) => judge(options, judged => verifyArtifact(request, judged, context)),
    verifyFile: (request, options = {}) => judge(options, judged => verifyFile(request, judged, context)),
  }
}
