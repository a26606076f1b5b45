import { type Evidence, SealwrightError } from '@sealwright/core'

/** Most bytes of an envelope that is read. Those that are written here are far smaller. */
export const MAX_ENVELOPE_BYTES: number = 4 * 1024 * 1024

/** @throws {@link SealwrightError} `UNSUPPORTED` for what an nv2 envelope has no place for. */
export function assertNoEvidence({ timestamps, logEntries }: Evidence): void {
  if (timestamps?.length || logEntries?.length)
    throw new SealwrightError('UNSUPPORTED', 'an nv2 envelope has no place for timestamps and log entries')
}
