import { isSealwrightError, SealwrightError } from '../errors.ts'
import type { AuditRecord, OpenOptions } from '../signer.ts'
import type { Scope } from './scope.ts'

/**
 * Puts a signature on record, and waits for it: what is not on record is not released.
 *
 * @throws {@link SealwrightError} The recorder's own, else `UNAVAILABLE`.
 */
export async function record(
  audit: NonNullable<OpenOptions['audit']>,
  entry: AuditRecord,
  scope: Scope,
): Promise<void> {
  const started = async () => audit(entry)
  try {
    await scope.wait(started())
  } catch (error) {
    if (isSealwrightError(error)) throw error
    throw new SealwrightError('UNAVAILABLE', 'the signature was withheld: it could not be put on record', {
      cause: error,
    })
  }
}
