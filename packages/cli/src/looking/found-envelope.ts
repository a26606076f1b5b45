import type { InspectedSignature } from '../documents/inspecting.ts'

/** Bytes that somebody signed, or a bill of materials, and where they were found. */
export interface FoundEnvelope {
  /** Of the manifest that attaches it; of the layer under an old tag; of the bytes in a file. */
  readonly digest: string
  /** Of the bytes; in a file, as their content shows. */
  readonly mediaType: string
  readonly bytes: Uint8Array
  /** Of the layer: old signatures of cosign stand there. */
  readonly annotations?: Readonly<Record<string, string>>
  readonly tag?: string
}

/** What one format says of itself; all else is what nothing says. */
export type Facts = Pick<InspectedSignature, 'kind' | 'format'> &
  Partial<Omit<InspectedSignature, 'digest' | 'mediaType' | 'size' | 'tag' | 'fault'>>
