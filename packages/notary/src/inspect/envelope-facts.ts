import type { TargetArtifact } from '@sealwright/core'
import type { InTotoStatement } from '@sealwright/sigstore'
import type { Certificate } from '@sealwright/x509'

/** Bytes that somebody signed, or a bill of materials. */
export interface FoundEnvelope {
  /** Of the bytes; in a file, as {@link envelopeTypeOf} says. */
  readonly mediaType: string
  readonly bytes: Uint8Array
  /** Of the layer: cosign's simple signing has its signature there. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

export type InspectedFormat =
  | 'jws'
  | 'cose'
  | 'sigstore-bundle'
  | 'dsse'
  | 'simple-signing'
  | 'spdx'
  | 'cyclonedx'

/** What an envelope says of itself. Nothing of it is verified, not even that its signature holds. */
export interface EnvelopeFacts<Format = InspectedFormat> {
  readonly kind: 'signature' | 'attestation' | 'sbom'
  readonly format: Format
  /** Of the format, where it has versions. */
  readonly version?: string | undefined
  readonly algorithm?: string | undefined
  /** What the payload says was signed. */
  readonly target?: Pick<TargetArtifact, 'mediaType' | 'digest' | 'size'> | undefined
  /** The digest that it says it is over, where it says no more of it. */
  readonly signs?: string | undefined
  /** Where it says that its target comes from. */
  readonly references?: readonly string[] | undefined
  /** Key and value pairs that are signed with the target. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Of the Notary Project. */
  readonly scheme?: string | undefined
  readonly signingTime?: Date | undefined
  readonly expiry?: Date | undefined
  /** Attributes beyond those of the specification. */
  readonly extended?: readonly { readonly key: string | number; readonly critical: boolean }[] | undefined
  readonly signingAgent?: string | undefined
  /** How many timestamp tokens are attached. */
  readonly timestamps?: number | undefined
  /** How many entries of transparency logs are attached. */
  readonly logEntries?: number | undefined
  /** What it says of its keys: hints and ids. */
  readonly keys?: readonly string[] | undefined
  readonly payloadType?: string | undefined
  /** The in-toto statement inside. */
  readonly statement?: InTotoStatement | undefined
  /** What people look for first in a predicate that is known here, as text by name. */
  readonly summary?: Readonly<Record<string, string>> | undefined
  /** What a bill of materials says it is of, and how many packages or components it names. */
  readonly bom?: { readonly name?: string | undefined; readonly parts?: number | undefined } | undefined
  /** As they stand there; no chain is checked. */
  readonly certificates?: readonly Certificate[] | undefined
}

/** As {@link EnvelopeFacts}; of an envelope that cannot be read only what its media type says, and why. */
export type InspectedEnvelope<Format = InspectedFormat> = Omit<EnvelopeFacts<Format>, 'format'> & {
  /** Absent for a media type that is not known. */
  readonly format?: Format | undefined
  readonly fault?: string | undefined
}
