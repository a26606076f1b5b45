import { z } from 'zod'
import { certificate, document, fingerprint, key } from './document.ts'

const listedKey = z.strictObject({
  name: z.string().nullable().describe('Null for a key of a store that no name stands for.'),
  reference: z.string(),
  resolved: z
    .string()
    .nullable()
    .describe('The version it was locked to; null for a key that is not locked.'),
  algorithm: z.string().nullable(),
  fingerprint: fingerprint.nullable(),
  source: z.enum(['sealwright', 'notation', 'store']),
  default: z.boolean(),
  certificateExpiry: z.iso.datetime().nullable(),
})
export type ListedKey = z.infer<typeof listedKey>

export const keyAddDocument = document('key.add', { changed: z.boolean(), default: z.boolean(), key })
export const keyCreateDocument = document('key.create', { changed: z.boolean(), default: z.boolean(), key })
export const keyListDocument = document('key.list', { keys: z.array(listedKey) })
export const keyShowDocument = document('key.show', {
  key,
  protection: z.string().nullable().describe('As the store says; null where it was not asked.'),
  algorithms: z.array(z.string()),
  publicKeyPem: z.string(),
  certificates: z.array(certificate),
  history: z.array(z.strictObject({ resolved: z.string(), fingerprint })),
})
export const keyRotateDocument = document('key.rotate', {
  changed: z.boolean(),
  key,
  previous: fingerprint.nullable().describe('The public key that the name stood for until now.'),
  next: z.array(z.string()),
})
export const keyRemoveDocument = document('key.remove', { name: z.string(), changed: z.boolean() })
