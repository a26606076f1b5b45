import type { Report } from '@sealwright/notary'
import type { Context } from '../frame/context.ts'
import { readTarget } from '../signing/sign-file-target.ts'
import type { FileTarget } from '../targets/target.ts'
import { envelopeType } from './envelope-store.ts'
import { envelopesFor, unsignedFile } from './found-envelopes.ts'
import type { VerifyPlan } from './plan.ts'
import { assertPolicy, withAdvice } from './policy-advice.ts'

/** Judges a file by a statement for files. */
export async function verifyFileTarget(
  context: Context,
  target: FileTarget,
  plan: VerifyPlan,
): Promise<Report> {
  const envelopes = await envelopesFor(context, target, plan.signature)
  if (envelopes.length === 0) return unsignedFile(target)
  assertPolicy(plan.trust, 'blob', { directory: context.flags.trust })
  let best: Report | undefined
  for (const bytes of envelopes) {
    const report = await plan.verifier.verifyFile(
      {
        content: readTarget(context, target, context.io.signal),
        envelope: { mediaType: envelopeType(bytes), bytes },
        name: target.text,
        ...(plan.statement === undefined ? {} : { statement: plan.statement }),
      },
      {
        signal: context.io.signal,
        metadata: plan.metadata,
        ...(plan.at === undefined ? {} : { at: plan.at }),
      },
    )
    best = merged(best, report)
    if (best.verdict === 'verified' && !plan.all) break
  }
  return withAdvice(best as Report, plan.trust, { target, directory: context.flags.trust })
}

/** Of two reports on one file the better verdict, with the signatures of both. */
function merged(one: Report | undefined, other: Report): Report {
  if (one === undefined) return other
  const winner = one.verdict !== 'verified' && other.verdict === 'verified' ? other : one
  return { ...winner, signatures: [...one.signatures, ...other.signatures] }
}
