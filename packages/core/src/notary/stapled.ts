import { invalid } from '../encoding/invalid.ts'
import type { Evidence, StapledEvidence } from '../envelope.ts'
import { isSealwrightError, SealwrightError } from '../errors.ts'

export type StapledKind = keyof StapledEvidence

/** Most statements and tokens of a kind that one envelope carries, and most bytes of each. */
export const STAPLED_LIMITS: Readonly<
  Record<StapledKind, { readonly count: number; readonly bytes: number }>
> = {
  ocsp: { count: 16, bytes: 20 * 1024 },
  crls: { count: 16, bytes: 64 * 1024 },
  timestamps: { count: 8, bytes: 64 * 1024 },
}

/** The kinds, in the order in which they are written. */
export const STAPLED_KINDS: readonly StapledKind[] = ['timestamps', 'ocsp', 'crls']

/**
 * Returns what is new of the evidence that is added to an envelope, each piece once.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` for more than an envelope carries.
 */
export function newStapled(
  had: StapledEvidence,
  added: StapledEvidence,
): Readonly<Record<StapledKind, readonly Uint8Array[]>> {
  const fresh: Record<StapledKind, Uint8Array[]> = { timestamps: [], ocsp: [], crls: [] }
  for (const kind of STAPLED_KINDS) {
    const known = [...(had[kind] ?? [])]
    for (const piece of added[kind] ?? []) {
      if (known.some(other => Buffer.compare(piece, other) === 0)) continue
      known.push(piece)
      fresh[kind].push(piece)
    }
    const fault = limitFault(kind, known)
    if (fault !== undefined)
      throw new SealwrightError('UNSUPPORTED', `the envelope has no place for ${fault}`)
  }
  return fresh
}

/** @throws {@link SealwrightError} `VALIDATION` for more than is read of an envelope. */
export function assertStapledLimits(stapled: StapledEvidence, label: string): void {
  for (const kind of STAPLED_KINDS) {
    const fault = limitFault(kind, stapled[kind] ?? [])
    if (fault !== undefined) throw invalid(label, `it holds ${fault}`)
  }
}

function limitFault(kind: StapledKind, pieces: readonly Uint8Array[]): string | undefined {
  const { count, bytes } = STAPLED_LIMITS[kind]
  const name = { ocsp: 'OCSP responses', crls: 'CRLs', timestamps: 'further timestamps' }[kind]
  if (pieces.length > count) return `more than ${count} ${name}`
  return pieces.some(piece => piece.length > bytes) ? `${name} of more than ${bytes} bytes` : undefined
}

/**
 * Reads stapled evidence for an envelope that is opened. It is not signed, and others may have put there what they like:
 * what cannot be read makes no signature worse, and is told.
 */
export function readStapled(read: () => StapledEvidence | undefined): Evidence {
  try {
    const stapled = read()
    return stapled === undefined ? {} : { stapled }
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return { stapledFault: error.message }
  }
}
