import { z } from 'zod'
import { document } from './document.ts'

const kind = z.enum(['oci', 'blob'])
const fault = z.strictObject({
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  statement: z.string().nullable(),
  line: z.number().nullable(),
  column: z.number().nullable(),
})
export type PolicyFaultDocument = z.infer<typeof fault>

const applies = z.strictObject({
  target: z.string(),
  statement: z.string().nullable(),
  others: z.array(z.strictObject({ statement: z.string(), why: z.string() })),
})
export type AppliesDocument = z.infer<typeof applies>

const statement = z.looseObject({ name: z.string() })
const shownPolicy = z.strictObject({
  kind,
  file: z.string(),
  faults: z.array(fault),
  statements: z.array(statement),
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
})
export const policyCheckDocument = document('policy.check', {
  policies: z.array(shownPolicy),
  for: applies.nullable(),
})
