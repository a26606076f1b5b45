import { z } from 'zod'
import { certificate, type DocumentOf, digest, document, time } from '../runtime/document.ts'

const statement = z.strictObject({
  type: z.string(),
  predicateType: z.string(),
  subjects: z.array(
    z.strictObject({ name: z.string().nullable(), digest: z.record(z.string(), z.string()) }),
  ),
  summary: z
    .record(z.string(), z.string())
    .describe('Of predicates that are known here, what people look for first.'),
  predicate: z.unknown().describe('As it was signed; null beyond 64 KiB: --raw has the whole envelope.'),
})

const evidence = z.strictObject({
  kind: z.enum(['ocsp', 'crl', 'timestamp']),
  place: z.enum(['stapled', 'attached']).describe('In the envelope, or in a referrer of the signature.'),
  about: z
    .string()
    .nullable()
    .describe(
      'The subject: of an OCSP response the certificate, of a CRL the issuer. Null where no certificate of the signature matches.',
    ),
  from: time.nullable().describe('thisUpdate; of a timestamp its time.'),
  until: time.nullable().describe('nextUpdate.'),
  digest,
  size: z.int().describe('Bytes.'),
})
export type EvidenceDocument = DocumentOf<typeof evidence>

const inspectedSignature = z.strictObject({
  digest: digest.describe(
    'Of the manifest that attaches it; of the layer under an old tag; of the bytes in a file.',
  ),
  kind: z.enum(['signature', 'attestation', 'sbom']),
  format: z
    .enum([
      'jws',
      'cose',
      'sigstore-bundle',
      'dsse',
      'simple-signing',
      'nv2-json',
      'nv2-jwt',
      'spdx',
      'cyclonedx',
    ])
    .nullable(),
  version: z.string().nullable().describe('Of the format, where it has versions.'),
  mediaType: z.string(),
  size: z.number(),
  tag: z.string().nullable().describe("cosign's old tag that it was found under."),
  algorithm: z.string().nullable(),
  target: z
    .strictObject({ mediaType: z.string(), digest, size: z.number() })
    .nullable()
    .describe('What the payload says was signed. Nothing here is judged.'),
  signs: z.string().nullable().describe('The digest that it says it is over, where it says no more of it.'),
  references: z.array(z.string()).describe('Where it says that its target comes from.'),
  metadata: z.record(z.string(), z.string()),
  scheme: z.string().nullable(),
  signingTime: time.nullable(),
  expiry: time.nullable(),
  extended: z.array(z.strictObject({ key: z.union([z.string(), z.number()]), critical: z.boolean() })),
  signingAgent: z.string().nullable(),
  timestamps: z.number().describe('How many timestamp tokens are attached.'),
  logEntries: z.number().describe('How many entries of transparency logs are attached.'),
  keys: z.array(z.string()).describe('What it says of its keys: hints and ids.'),
  payloadType: z.string().nullable(),
  statement: statement.nullable().describe('The in-toto statement inside.'),
  bom: z
    .strictObject({ name: z.string().nullable(), parts: z.number().nullable() })
    .nullable()
    .describe('Of a bill of materials, what it says it is of, and how many packages or components it names.'),
  certificates: z.array(certificate),
  evidence: z
    .array(evidence)
    .describe('What came with the signature, unsigned by it. Nothing here is judged.'),
  fault: z.string().nullable().describe('Why it cannot be read.'),
})
export type InspectedSignature = DocumentOf<typeof inspectedSignature>

export const inspectDocument = document('inspect', {
  reference: z.string(),
  resolved: z.string().nullable(),
  signatures: z.array(inspectedSignature),
})
