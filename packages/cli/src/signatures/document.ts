import { z } from 'zod'
import {
  certificate,
  type DocumentOf,
  deciding,
  digest,
  document,
  failure,
  fingerprint,
  key,
  time,
} from '../runtime/document.ts'
import { certificateRevocation } from '../trust/document.ts'

const step = z.strictObject({
  part: z.enum(['key', 'certificate', 'lock', 'trustStore', 'policy', 'defaultKey']),
  action: z.enum(['created', 'extended', 'kept', 'wouldCreate', 'wouldExtend']),
  path: z.string(),
})
export type InitStep = DocumentOf<typeof step>

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
export type InitDocument = DocumentOf<typeof initMembers>

const signature = {
  digest: digest.describe('Of the manifest that attaches the signature; of the envelope if it is detached.'),
  format: z.enum(['jws', 'cose']),
  algorithm: z.string(),
  signingTime: time,
  expiry: time.nullable(),
  metadata: z.record(z.string(), z.string()),
  subject: z.string().describe('Of the leaf certificate.'),
}

/** An RFC 3161 timestamp that this run obtained. */
export const timestamp = z.strictObject({
  time,
  authority: z.string().describe('The subject of its certificate.'),
  url: z.string(),
})

const statements = z
  .array(
    certificateRevocation.extend({ fix: z.string().optional().describe('What to do about an unknown one.') }),
  )
  .describe('Of each certificate but the root, what each source says: evidence, and what could not be had.')

/** What `--staple` put into an envelope. */
const stapled = z.strictObject({
  ocsp: z.int().describe('OCSP responses.'),
  crls: z.int().describe('CRLs.'),
  left: z.int().describe('CRLs that are larger than 64 KiB, and responses beyond 16.'),
  certificates: statements,
})
export type StapledDocument = DocumentOf<typeof stapled>

/** What became of the evidence for one signature. */
export const stapledSignature = z.strictObject({
  kind: z.enum(['signature', 'attestation']),
  digest: digest.describe('Of the manifest that attaches the signature.'),
  outcome: z
    .enum(['attached', 'unchanged', 'nothing', 'failed'])
    .describe('`unchanged`: it was attached before. `nothing`: there is none that is current.'),
  evidence: digest.nullable().describe('Of the manifest that attaches the evidence to the signature.'),
  certificates: statements,
  faults: z.array(z.string()).describe('Why timestamps of the signature have no evidence.'),
  error: failure.nullable(),
})
export type StapledSignature = DocumentOf<typeof stapledSignature>

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
  signature: z
    .strictObject({
      ...signature,
      digest: digest.describe(
        'Of the manifest that attaches the signature; of the envelope if it is detached; of the layer if it is a simple signing.',
      ),
      format: z.enum(['jws', 'cose', 'sigstore', 'simplesigning']),
      signingTime: time.nullable().describe('Null in the formats of cosign, which have none.'),
      subject: z.string().nullable().describe('Of the leaf certificate; null where the key stands alone.'),
      timestamp: timestamp.nullable().describe('Null without one, and where an earlier run signed.'),
      stapled: stapled.nullable().describe('Null without --staple, and where an earlier run signed.'),
    })
    .nullable(),
  stored: stored.nullable(),
  error: failure.nullable(),
  index: z.string().optional().describe('With --recursive, of a manifest that this index led to.'),
  platform: z.string().optional().describe('Of a manifest that an index names: os/architecture/variant.'),
})
export type SignedTarget = DocumentOf<typeof signedTarget>

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
export type AttachDocument = DocumentOf<typeof attachMembers>
