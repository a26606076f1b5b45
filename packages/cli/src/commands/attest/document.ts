import { z } from 'zod'
import { type DocumentOf, deciding, digest, document, failure, key } from '../../runtime/document.ts'
import { timestamp } from '../../signatures/document.ts'

const attestedTarget = z.strictObject({
  reference: z.string(),
  resolved: z.string().nullable(),
  digest: digest.nullable().optional().describe('That of `resolved`, by itself.'),
  outcome: z.enum(['attested', 'unchanged', 'failed']),
  attestation: z
    .strictObject({
      digest: digest.describe('Of the manifest that attaches it.'),
      mediaType: z.string().describe('Of the envelope.'),
      algorithm: z.string(),
      subject: z
        .string()
        .nullable()
        .describe('Of the leaf certificate; null where only a hint at the key is in it.'),
      timestamp: timestamp.nullable().describe('Null without one, and where an earlier run attested.'),
    })
    .nullable(),
  stored: z
    .strictObject({
      as: z.enum(['referrers API', 'tag', 'layout']),
      path: z.string().nullable().describe('The place, if it is not beside the target.'),
    })
    .nullable()
    .describe('Null where it was stored before.'),
  error: failure.nullable(),
})
export type AttestedTarget = DocumentOf<typeof attestedTarget>

export const attestDocument = document('attest', {
  predicateType: z.string().describe('A URI.'),
  key: key.nullable().describe('Null where the key could not be opened.'),
  targets: z.array(attestedTarget),
  error: deciding,
})
