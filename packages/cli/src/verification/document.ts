import { z } from 'zod'
import { type DocumentOf, deciding, digest, document, failure, time } from '../runtime/document.ts'
import { certificateRevocation } from '../trust/document.ts'

const verdict = z.enum(['verified', 'notVerified', 'unknown', 'denied', 'skipped'])
const reason = z.strictObject({
  code: z.string(),
  why: z.string(),
  fix: z.string().optional().describe('What to do about it, where the cause is known.'),
})
const metadata = z.record(z.string(), z.string())

const checks = z.array(
  z.strictObject({
    check: z.string(),
    outcome: z.enum(['passed', 'failed', 'logged', 'skipped', 'notConfigured', 'unknown']),
    detail: z.string().optional(),
  }),
)

const revocation = z.array(certificateRevocation)

const timestamp = z.strictObject({
  time,
  accuracyMs: z.number(),
  authority: z.strictObject({ subject: z.string(), fingerprint: z.string() }),
  trustStore: z.string(),
  policy: z.string().describe('OID of the policy under which the authority issued it.'),
  revocation,
})

/** What a report says of time and revocation, of a signature and of an attestation. */
const judgedInTime = {
  time: z
    .strictObject({ used: time, source: z.string() })
    .optional()
    .describe('The time at which the chain had to be valid, and where it comes from.'),
  timestamp: timestamp.optional().describe('The timestamp that vouches for the time.'),
  revocation: revocation.optional().describe('Each certificate of the signing chain but the root.'),
  evidenceFaults: z
    .array(z.string())
    .optional()
    .describe('Why evidence that came with the signature was passed over. It changes no verdict.'),
}

const signatureReport = z.strictObject({
  digest,
  format: z.string().optional(),
  verdict,
  reason: reason.optional(),
  signed: z
    .strictObject({
      scheme: z.string(),
      signingTime: time,
      expiry: time.optional(),
      metadata: metadata.optional(),
    })
    .optional()
    .describe('What the signer signed; claims, unless integrity and authenticity passed.'),
  signer: z
    .strictObject({
      subject: z.string(),
      fingerprint: z.string().optional().describe('SHA-256 of the certificate.'),
      spkiSha256: z.string(),
      trustStore: z.string().optional(),
    })
    .optional(),
  ...judgedInTime,
  checks,
})

const attestationReport = z.strictObject({
  digest,
  predicateType: z.string().optional(),
  format: z.enum(['sigstore-bundle', 'dsse']).optional(),
  verdict: z.enum(['verified', 'notVerified', 'unknown']),
  reason: reason.optional(),
  signer: z
    .strictObject({
      subject: z.string().optional(),
      fingerprint: z.string().optional(),
      spkiSha256: z.string(),
      trustStore: z.string().optional(),
    })
    .optional(),
  ...judgedInTime,
  checks,
})

const state = z.enum(['met', 'unmet', 'unknown'])

/** A node of the requirement of a Sealwright policy, with its state. */
const requirementGroup = z.strictObject({
  kind: z.enum(['all', 'any', 'atLeast']),
  state,
  count: z.number().optional().describe('With `atLeast`: how many of them have to be met.'),
  get of() {
    return z.array(requirement)
  },
})
const requirement = z.union([
  requirementGroup,
  z.strictObject({
    kind: z.enum(['signer', 'attestation']),
    state,
    signer: z.string().optional().describe('The name of the signer in the policy.'),
    predicateType: z.string().optional(),
    by: z.array(z.string()).optional().describe('Signers of whom one has to attest.'),
    signature: digest.optional().describe('Of what meets it.'),
    why: z.string().optional().describe('What was found instead.'),
  }),
])

const unmetLeaf = {
  leaf: z.string(),
  state: z.enum(['unmet', 'unknown']),
  why: z.string().describe('What was found instead.'),
}
const missingLeaf = z.strictObject({
  ...unmetLeaf,
  path: z.array(z.number()).describe('Where it stands in the tree: the index of the child at each level.'),
  choice: z
    .strictObject({
      need: z.number().describe('How many children of the group must be met.'),
      size: z.number().describe('How many children it has.'),
      met: z.array(z.string()),
      missing: z.number().describe('How many of `among` must be met besides.'),
      among: z.array(z.strictObject(unmetLeaf)),
    })
    .optional()
    .describe('Its group, if other leaves of the group would do as well.'),
})

export const verifiedTarget = z.strictObject({
  reference: z.string(),
  resolved: z.string().optional(),
  digest: digest.nullable().optional().describe('That of `resolved`, by itself.'),
  verdict,
  reason: reason.optional(),
  at: time.optional().describe('The time that was given to judge as of.'),
  policy: z
    .strictObject({
      file: z.string(),
      kind: z
        .enum(['sealwright', 'notation'])
        .optional()
        .describe("Whose policy decided: Sealwright's own, or one of Notation's format."),
      statement: z.string(),
      level: z.string(),
      required: z.number(),
      met: z.number(),
    })
    .optional(),
  requirement: requirement
    .optional()
    .describe("The statement's tree with the state of each node, where a Sealwright policy decided."),
  missing: z
    .array(missingLeaf)
    .optional()
    .describe('A smallest set of leaves whose fulfilment would make the target verified.'),
  signatures: z.array(signatureReport),
  attestations: z
    .strictObject({
      required: z.array(z.string()),
      met: z.array(z.string()),
      judged: z.array(attestationReport),
      found: z.array(z.strictObject({ predicateType: z.string(), count: z.number() })),
    })
    .optional()
    .describe('With --attestation, where the signatures are good. Predicate types are URIs.'),
  found: z.array(z.strictObject({ artifactType: z.string(), count: z.number() })),
  manifests: z
    .array(z.strictObject({ digest, mediaType: z.string(), platform: z.string().optional() }))
    .optional()
    .describe('Of an index, what it names. Signatures of their own were not looked at.'),
  summary: z
    .strictObject({
      result: z.enum(['PASSED', 'FAILED']),
      verifier: z.string().describe('`verifier.id`, a URI.'),
      resource: z.string().describe('`resourceUri`.'),
      digest: digest
        .nullable()
        .describe(
          'Of the manifest that attaches it, or of the bundle in a file; null where it was not made.',
        ),
      stored: z
        .strictObject({
          as: z.enum(['referrers API', 'tag', 'layout', 'file']),
          path: z.string().nullable().describe('The place, if it is not beside the target.'),
        })
        .nullable(),
      error: failure.nullable().describe('Why it was not made, or not stored.'),
    })
    .optional()
    .describe('The verification summary of --report-key.'),
  error: failure.optional().describe('Why nothing could be found out; then the verdict is unknown.'),
})
export type VerifiedTarget = DocumentOf<typeof verifiedTarget>

export const verifyDocument = document('verify', {
  targets: z.array(verifiedTarget),
  report: z
    .strictObject({
      file: z.string(),
      error: failure.nullable().describe('Why it was not written.'),
    })
    .optional()
    .describe('The page of --report.'),
  error: deciding,
})
