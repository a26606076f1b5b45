import type { SignedTarget } from '../documents/signing.ts'
import type { Context } from '../frame/context.ts'
import { EXIT, type ExitCode } from '../frame/exit.ts'
import { exitCodeOfError, failureOf } from '../frame/failure.ts'
import type { SignedOutcome } from './plan.ts'

/** What became of one target, or of a manifest that an index among the targets names. */
export interface Signed {
  readonly target: SignedTarget
  readonly exitCode: ExitCode
  /** Where it is the output itself. */
  readonly envelope?: Uint8Array
}

/** Runs the work on one target; what it throws becomes its result. */
export async function attempt(
  context: Context,
  reference: string,
  work: () => Promise<SignedOutcome>,
): Promise<Signed> {
  try {
    // What waited for its turn while the run was interrupted is not begun.
    context.io.signal.throwIfAborted()
    const { target, envelope } = await work()
    return {
      target: { reference, ...target, error: null },
      exitCode: EXIT.done,
      ...(envelope === undefined ? {} : { envelope }),
    }
  } catch (thrown) {
    return failed(context, reference, thrown)
  }
}

/** A target that could not be signed. */
export function failed(context: Context, reference: string, thrown: unknown): Signed {
  const error = context.fault(thrown)
  const nothing = { resolved: null, signature: null, stored: null }
  return {
    target: { reference, outcome: 'failed', ...nothing, error: failureOf(error) },
    exitCode: exitCodeOfError(error, context.io.signal),
  }
}
