import { z } from 'zod'
import { type DocumentOf, deciding, digest, document, failure } from '../../runtime/document.ts'
import { stapledSignature } from '../../signatures/document.ts'
import { verifiedTarget } from '../../verification/document.ts'

const content = z.strictObject({
  mediaType: z.string(),
  digest,
  size: z.int().describe('Bytes.'),
  place: z
    .string()
    .optional()
    .describe('Where it belongs, if that is not the destination: as `to.signaturesIn` says.'),
})
export type ContentDocument = DocumentOf<typeof content>

const copy = {
  dryRun: z.boolean(),
  from: z.strictObject({ reference: z.string(), resolved: z.string().nullable() }),
  to: z.strictObject({
    reference: z.string(),
    resolved: z
      .string()
      .nullable()
      .describe('By the digest of what was copied: of one platform its own. Null if nothing was.'),
    tags: z.array(z.string()),
    signaturesIn: z
      .string()
      .optional()
      .describe('Where all goes that refers to the artifact, if it is kept apart from it.'),
  }),
  copied: z.array(content).describe('What was moved; of a dry run, what would be.'),
  skipped: z.array(content).describe('What was there already.'),
  mounted: z.array(content).describe('What the registry took over from another of its repositories.'),
  left: z
    .array(z.strictObject({ ...content.shape, error: failure }))
    .describe('What belongs to it and could not be brought.'),
  verification: verifiedTarget.nullable().describe('With --verify. Unless it is good, nothing is copied.'),
  revocation: z
    .strictObject({ signatures: z.array(stapledSignature) })
    .nullable()
    .describe(
      'With --revocation: the evidence for each signature. `attached`: it is added at the destination; the source stays as it is.',
    ),
  error: deciding,
}
export const copyDocument = document('copy', copy)
const copyMembers = z.object(copy)
export type CopyDocument = DocumentOf<typeof copyMembers>
