import { z } from 'zod'
import { certificate, digest, document, fingerprint, key, time } from './document.ts'
import { deciding, failure } from './failure.ts'

const step = z.strictObject({
  part: z.enum(['key', 'certificate', 'lock', 'trustStore', 'policy', 'defaultKey']),
  action: z.enum(['created', 'extended', 'kept', 'wouldCreate', 'wouldExtend']),
  path: z.string(),
})
export type InitStep = z.infer<typeof step>

const init = {
  name: z.string(),
  dryRun: z.boolean(),
  changed: z.boolean(),
  key: z.strictObject({ reference: z.string(), algorithm: z.string(), fingerprint: fingerprint.nullable() }),
  certificate: certificate.nullable().describe('Absent in a dry run that would make it.'),
  trustStore: z.string(),
  policy: z.strictObject({ file: z.string(), statement: z.string(), scopes: z.array(z.string()) }),
  steps: z.array(step),
  next: z.array(z.string()).describe('The commands to try next.'),
  renew: z
    .strictObject({ before: time, commands: z.array(z.string()) })
    .nullable()
    .describe('Until when signatures verify, and how the certificate is renewed; null in a dry run.'),
  share: z
    .strictObject({ certificate: z.string(), commands: z.array(z.string()) })
    .nullable()
    .describe('What others need in order to verify: the file of the certificate, and what they run with it.'),
}
export const initDocument = document('init', init)
const initMembers = z.object(init)
export type InitDocument = z.infer<typeof initMembers>

const signature = {
  digest: digest.describe('Of the manifest that attaches the signature; of the envelope if it is detached.'),
  format: z.enum(['jws', 'cose']),
  algorithm: z.string(),
  signingTime: time,
  expiry: time.nullable(),
  metadata: z.record(z.string(), z.string()),
  subject: z.string().describe('Of the leaf certificate.'),
}

const stored = z.strictObject({
  as: z.enum(['referrers API', 'tag', 'layout', 'file', 'stdout']),
  path: z
    .string()
    .nullable()
    .describe('The file; of an attached signature the place, if it is not beside what it signs.'),
})

const signedTarget = z.strictObject({
  reference: z.string(),
  resolved: z.string().nullable(),
  digest: digest.nullable().optional().describe('That of `resolved`, by itself.'),
  outcome: z.enum(['signed', 'unchanged', 'wouldSign', 'failed']),
  signature: z.strictObject(signature).nullable(),
  stored: stored.nullable(),
  error: failure.nullable(),
  index: z.string().optional().describe('With --recursive, of a manifest that this index led to.'),
  platform: z.string().optional().describe('Of a manifest that an index names: os/architecture/variant.'),
})
export type SignedTarget = z.infer<typeof signedTarget>

const sign = {
  dryRun: z.boolean(),
  key: key.nullable().describe('Null where the key could not be opened.'),
  targets: z.array(signedTarget),
  error: deciding,
}
export const signDocument = document('sign', sign)

const attach = {
  reference: z.string(),
  resolved: z.string(),
  digest: digest.nullable().optional().describe('That of `resolved`, by itself.'),
  outcome: z.enum(['attached', 'unchanged']),
  signature: z.strictObject({ ...signature, envelope: digest.describe('Of the envelope itself.') }),
  stored: stored.nullable().describe('Null where it was stored before.'),
}
export const attachDocument = document('attach', attach)
const attachMembers = z.strictObject(attach)
export type AttachDocument = z.infer<typeof attachMembers>
