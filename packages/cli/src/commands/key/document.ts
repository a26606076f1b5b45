import { z } from 'zod'
import { certificate, type DocumentOf, document, fingerprint, key } from '../../runtime/document.ts'

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
  certificateExpiry: z.iso
    .datetime()
    .nullable()
    .describe('Of the certificate for this very key; null where there is none, or it is not known here.'),
  type: z.string().nullable(),
  algorithms: z.array(z.string()).describe('What it may sign with, as far as the store says; empty if not.'),
  state: z
    .enum(['enabled', 'disabled', 'pending', 'expired', 'deleted', 'unavailable'])
    .nullable()
    .describe('As the store says; null where it was not asked.'),
  created: z.iso.datetime().nullable(),
  protection: z.enum(['software', 'hsm', 'external', 'unknown']).nullable(),
})
export type ListedKey = DocumentOf<typeof listedKey>

export const keyAddDocument = document('key.add', { changed: z.boolean(), default: z.boolean(), key })
export const keyCreateDocument = document('key.create', { changed: z.boolean(), default: z.boolean(), key })
export const keyListDocument = document('key.list', { keys: z.array(listedKey) })
export const keyShowDocument = document('key.show', {
  key,
  protection: z.string().nullable().describe('As the store says; null where it was not asked.'),
  algorithms: z.array(z.string()),
  publicKeyPem: z.string(),
  certificates: z.array(certificate),
  prepared: key.nullable().describe('The key that a rotation has prepared.'),
  history: z.array(z.strictObject({ resolved: z.string(), fingerprint })),
})
export const keyRotateDocument = document('key.rotate', {
  changed: z.boolean(),
  key,
  previous: fingerprint.nullable().describe('The public key that the name stood for until now.'),
  prepared: key
    .nullable()
    .describe(
      'The key that the name will stand for once its certificate is there; null where it does already.',
    ),
  request: z.string().nullable().describe('The file of the certificate request for the prepared key.'),
  next: z.array(z.string()).describe('Commands that go on from here, quoted for a POSIX shell.'),
})
export const keyRemoveDocument = document('key.remove', { name: z.string(), changed: z.boolean() })
