import { z } from 'zod'
import { type DocumentOf, document, failure, time } from '../runtime/document.ts'

const kind = z.enum(['oci', 'blob', 'sealwright'])
const fault = z.strictObject({
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  statement: z.string().nullable(),
  line: z.number().nullable(),
  column: z.number().nullable(),
})
export type PolicyFaultDocument = DocumentOf<typeof fault>

const applies = z.strictObject({
  target: z.string(),
  file: z.string().optional().describe('The policy file that decides.'),
  statement: z.string().nullable(),
  denied: z
    .strictObject({ code: z.string(), why: z.string() })
    .optional()
    .describe('Why the target is denied whatever is signed.'),
  others: z.array(z.strictObject({ file: z.string().optional(), statement: z.string(), why: z.string() })),
})
export type AppliesDocument = DocumentOf<typeof applies>

const statement = z.looseObject({ name: z.string() })
const shownPolicy = z.strictObject({
  kind,
  file: z.string(),
  faults: z.array(fault),
  statements: z.array(statement),
  policy: z
    .looseObject({ version: z.string() })
    .optional()
    .describe("Sealwright's policy, by its own schema: https://sealwright.dev/schemas/trustpolicy.1.json"),
})

export const policyInitDocument = document('policy.init', {
  file: z.string(),
  changed: z.boolean(),
  statement,
})
export const policyShowDocument = document('policy.show', {
  directory: z.string(),
  policies: z.array(shownPolicy),
  for: applies.nullable(),
  error: failure.optional().describe('Why a policy cannot be used; the others are shown.'),
})
export const policyEditDocument = document('policy.edit', {
  file: z.string(),
  changed: z.boolean(),
  statement: statement.nullable().describe('As it is now; null where it was removed.'),
})
export const policyImportDocument = document('policy.import', {
  kind,
  file: z.string(),
  changed: z.boolean(),
  backup: z.string().nullable().describe('Where the previous policy is kept.'),
})
export const policyConvertDocument = document('policy.convert', {
  files: z.array(z.string()).describe('The policies that were converted.'),
  policy: z.looseObject({ version: z.string() }).describe('As `policy import` takes it.'),
})
export const policyCheckDocument = document('policy.check', {
  policies: z.array(shownPolicy),
  for: applies.nullable(),
})

/** What is known of whether one certificate was revoked, and who says so. */
export const certificateRevocation = z.strictObject({
  subject: z.string(),
  fingerprint: z.string().describe('SHA-256 of the certificate.'),
  status: z.enum(['good', 'revoked', 'unknown', 'notRevocable']),
  source: z.enum(['ocsp', 'crl']).optional(),
  origin: z.enum(['network', 'cache', 'carried']).optional(),
  url: z.string().optional(),
  thisUpdate: time.optional(),
  nextUpdate: time.optional(),
  statement: z.string().optional().describe('SHA-256 of the OCSP response or CRL.'),
  revokedAt: time.optional(),
  reason: z.string().optional(),
  asOf: time
    .optional()
    .describe('When the signature is proven to have existed: the statement was current then.'),
  why: z.string().optional(),
})
export type CertificateRevocationDocument = DocumentOf<typeof certificateRevocation>
