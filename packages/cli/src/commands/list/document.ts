import { z } from 'zod'
import { digest, document } from '../../runtime/document.ts'

const node = z.strictObject({
  digest,
  mediaType: z.string(),
  artifactType: z.string().nullable(),
  kind: z.enum(['signature', 'attestation', 'sbom', 'evidence', 'other']),
  size: z.number(),
  annotations: z.record(z.string(), z.string()),
  predicateType: z.string().nullable().describe('Of a Sigstore bundle, as its annotations say. A URI.'),
  tag: z.string().nullable().describe("The tag it was found by: cosign's older sha256-….sig, .att, .sbom."),
  platform: z.string().nullable().describe('Of a manifest that an index names: os/architecture/variant.'),
  signer: z
    .string()
    .nullable()
    .describe('Of a signature: the common name in its certificate, as it says itself; not verified.'),
  signingTime: z
    .string()
    .nullable()
    .describe('Of a signature: when it was made, as it says itself; not verified.'),
  fault: z.string().nullable().describe('Why it cannot be read, or is not what it is listed as.'),
  again: z.boolean().describe('It stands elsewhere in the tree too; what refers to it is there.'),
  get referrers(): z.ZodArray<typeof node> {
    return z.array(node)
  },
  get manifests(): z.ZodArray<typeof node> {
    return z.array(node).describe('Of an index, those that something refers to.')
  },
})

/** A manifest in the tree of what refers to a target. */
export interface ListedNode {
  readonly digest: string
  readonly mediaType: string
  readonly artifactType: string | null
  readonly kind: 'signature' | 'attestation' | 'sbom' | 'evidence' | 'other'
  readonly size: number
  readonly annotations: Readonly<Record<string, string>>
  readonly predicateType: string | null
  readonly tag: string | null
  readonly platform: string | null
  /** Of a signature, as it says itself; nothing of it is verified. */
  readonly signer: string | null
  readonly signingTime: string | null
  readonly fault: string | null
  readonly again: boolean
  readonly referrers: readonly ListedNode[]
  readonly manifests: readonly ListedNode[]
}

export const listDocument = document('list', {
  reference: z.string(),
  resolved: z.string(),
  mediaType: z.string(),
  referrers: z.array(node),
  manifests: z.array(node).describe('Of an index, those that something refers to.'),
})
