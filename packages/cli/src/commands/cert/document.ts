import { z } from 'zod'
import { certificate, type DocumentOf, document, time } from '../../runtime/document.ts'

const pem = z.string().describe('PEM; also in the file, where one was named.')

export const certRequestDocument = document('cert.request', {
  subject: z.string(),
  file: z.string().nullable(),
  pem,
})
export const certIssueDocument = document('cert.issue', { certificate, file: z.string().nullable(), pem })

const crl = z.strictObject({
  issuer: z.string(),
  number: z.string().describe('cRLNumber, in decimal.'),
  thisUpdate: time,
  nextUpdate: time,
  revoked: z.number().int().describe('How many certificates are on it.'),
})
export type CrlDocument = z.infer<typeof crl>
export const certRevokeDocument = document('cert.revoke', { certificate, crl, file: z.string() })
export const certCrlDocument = document('cert.crl', { crl, file: z.string() })

const shownChain = z.strictObject({
  source: z.string(),
  certificates: z.array(certificate),
  acceptable: z
    .boolean()
    .describe('Whether the chain is accepted for signing here; of a store, whether it fits.'),
  notation: z.boolean().optional().describe('Whether Notation accepts the chain for signing.'),
  faults: z.array(
    z.strictObject({
      rule: z.string(),
      certificate: z.number().nullable(),
      message: z.string(),
      stricter: z
        .enum(['specification', 'rfc5280', 'limit'])
        .optional()
        .describe('Notation accepts it: whose rule refuses it here.'),
    }),
  ),
  warning: z
    .string()
    .nullable()
    .describe('Why no trusted identity of a policy can match the subject of the leaf; null if one can.'),
})
export type ShownChain = DocumentOf<typeof shownChain>
export const certShowDocument = document('cert.show', { chains: z.array(shownChain) })

export const certAddDocument = document('cert.add', {
  store: z.string(),
  added: z.array(certificate),
  kept: z.array(certificate).describe('There already.'),
})

const listedStore = z.strictObject({
  store: z.string(),
  certificates: z.array(certificate),
  fault: z.string().nullable().describe('Why the store cannot be used.'),
})
export type ListedStore = DocumentOf<typeof listedStore>
export const certListDocument = document('cert.list', { stores: z.array(listedStore) })
export const certRemoveDocument = document('cert.remove', {
  store: z.string(),
  removed: z.array(certificate),
  entries: z.array(z.string()).optional().describe('Other things that were taken out of the store, by name.'),
})
