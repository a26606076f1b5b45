import { z } from 'zod'
import { exitCode, failure } from './failure.ts'

/**
 * The document of a command: its result, or why there is none. Members are only ever added, so that readers ignore what
 * they do not know.
 *
 * @param name - As in `schema`: `sign`, `key.add`.
 */
export function document<Shape extends z.core.$ZodLooseShape>(name: string, shape: Shape) {
  const head = { schema: z.literal(`sealwright.${name}/1`), exitCode }
  return z.union([z.strictObject({ ...head, ...shape }), z.strictObject({ ...head, error: failure })])
}

export const digest = z.string().regex(/^[a-z0-9+._-]+:[0-9a-f]+$/)
/** RFC 3339 in UTC, whole seconds. */
export const time = z.iso.datetime()
/** Of a public key: SHA-256 of its SubjectPublicKeyInfo. */
export const fingerprint = z.string().regex(/^sha256:[0-9a-f]{64}$/)

export const certificate = z.strictObject({
  subject: z.string(),
  issuer: z.string(),
  serialNumber: z.string(),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('SHA-256 of the certificate.'),
  notBefore: time,
  notAfter: time,
  publicKey: fingerprint,
})
export type CertificateDocument = z.infer<typeof certificate>

export const key = z.strictObject({
  name: z.string().nullable(),
  reference: z.string().describe('As given, in canonical form.'),
  resolved: z.string().describe('The version it stands for, where the store has versions.'),
  algorithm: z.string(),
  fingerprint,
})
export type KeyDocument = z.infer<typeof key>
