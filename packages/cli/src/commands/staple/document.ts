import { z } from 'zod'
import { deciding, digest, document } from '../../runtime/document.ts'
import { stapledSignature } from '../../signatures/document.ts'

export const stapleDocument = document('staple', {
  reference: z.string(),
  resolved: z.string(),
  digest: digest.nullable().optional().describe('That of `resolved`, by itself.'),
  signatures: z.array(stapledSignature).describe('In the order of the store.'),
  error: deciding,
})
