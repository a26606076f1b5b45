import { z } from 'zod'
import { type DocumentOf, document, fingerprint } from '../../runtime/document.ts'

const check = z.strictObject({
  check: z
    .string()
    .describe(
      'What was looked at: node, configuration, files, trust, providers, clock, timestamp; for a key or a target its part.',
    ),
  outcome: z.enum(['ok', 'warning', 'fault']),
  detail: z.string().describe('What was found.'),
  fix: z.string().nullable(),
})
export type Check = DocumentOf<typeof check>

const setting = z.strictObject({
  name: z.string(),
  value: z.string(),
  origin: z.string().describe('The flag, the variable or the file that says so, or `default`.'),
})
export type ShownSetting = DocumentOf<typeof setting>

const bench = z.strictObject({
  signatures: z.number(),
  concurrency: z.number(),
  perSecond: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  throttles: z.number().describe('How often the store asked for patience; each was tried again.'),
})
export type Bench = DocumentOf<typeof bench>

const checkedKey = z.strictObject({
  key: z.string().describe('As it was named.'),
  reference: z.string().nullable(),
  resolved: z.string().nullable().describe('The version that answered.'),
  fingerprint: fingerprint.nullable(),
  credentials: z
    .strictObject({ source: z.string(), identity: z.string().nullable() })
    .nullable()
    .describe('Whose credentials answered, where from, and which endpoint if it is not the usual one.'),
  checks: z.array(check),
  permissions: z
    .array(z.strictObject({ operation: z.string(), needs: z.array(z.string()) }))
    .describe("Least privilege, in the store's words."),
  bench: bench.nullable(),
})
export type CheckedKey = DocumentOf<typeof checkedKey>

const checkedTarget = z.strictObject({
  reference: z.string().describe('As it was named.'),
  resolved: z.string().nullable(),
  referrers: z
    .enum(['api', 'tag'])
    .nullable()
    .describe('How signatures are found: listed by the registry, or under a tag that clients keep.'),
  checks: z.array(check),
})
export type CheckedTarget = DocumentOf<typeof checkedTarget>

export const doctorDocument = document('doctor', {
  checks: z.array(check),
  settings: z.array(setting),
  keys: z.array(checkedKey),
  targets: z.array(checkedTarget).optional(),
})
