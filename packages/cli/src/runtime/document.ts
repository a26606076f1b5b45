import { errorCodes } from '@sealwright/core'
import { z } from 'zod'

/** Why a run or a target failed: the same as the text says. */
export const failure = z
  .strictObject({
    code: z.enum(errorCodes),
    message: z.string().describe('What is wrong.'),
    why: z.string().nullable().describe('The fact found.'),
    fix: z.string().describe('What to do next.'),
    retryable: z.boolean().describe('Whether the same call may succeed later, unchanged.'),
    requestId: z.string().nullable().describe('The id that the service gave the call.'),
    docs: z.url(),
  })
  .describe('Why the run, or the target, failed.')

export type Failure = z.infer<typeof failure>

/** Of a run with several targets: the error of the one that decides the exit code, if it is an error that does. */
export const deciding = failure
  .optional()
  .describe('The error that decides the exit code; each target has its own.')

/** `exitCode` of every document. */
const exitCode = z
  .union([0, 1, 2, 3, 4, 5, 70, 130, 143].map(code => z.literal(code)))
  .describe('The exit code of the run.')

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

/** The type of what a schema describes. Read only, so that what the libraries return is of this type as it is. */
export type DocumentOf<Schema extends z.ZodType> = DeepReadonly<z.infer<Schema>>

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

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
export type CertificateDocument = DocumentOf<typeof certificate>

export const key = z.strictObject({
  name: z.string().nullable(),
  reference: z.string().describe('As given, in canonical form.'),
  resolved: z.string().describe('The version it stands for, where the store has versions.'),
  algorithm: z.string(),
  fingerprint,
})
export type KeyDocument = DocumentOf<typeof key>
